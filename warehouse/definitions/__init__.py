"""What the words of a journey file mean: reading it, and the tables it lands as. What is measured by them is SQL."""
