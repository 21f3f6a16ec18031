"""How commits are written."""
