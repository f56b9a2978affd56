"""From the files in the landing folder to raw tables. Whom a row names is privacy/; what it means is SQL."""
