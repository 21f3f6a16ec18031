"""Servers as a good engineer would write them in an afternoon, to measure beside: the same five requests."""
