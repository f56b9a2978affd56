"""What goes wrong: malformed files and journey files, killed and starved runs, and worlds in which nothing is wrong at all."""
