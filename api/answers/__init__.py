"""Answers that several nouns send, and what builds them from tournaments."""
