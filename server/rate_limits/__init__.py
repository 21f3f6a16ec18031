"""Counting requests: in memory, and in Redis for several front ends."""
