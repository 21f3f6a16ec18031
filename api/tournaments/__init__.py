"""What several nouns of the API share about tournaments: asking the owner, reading bodies, showing answers."""
