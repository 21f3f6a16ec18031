"""What is stored together: a commit in one statement, and what many want at once in a few."""
