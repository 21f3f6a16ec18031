"""Counting requests: in this process, and in a Redis that all front ends share."""
