"""Frames of owners over Redis pub/sub, to all front ends at once."""
