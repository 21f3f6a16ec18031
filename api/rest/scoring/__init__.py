"""Dry runs of a scoring."""
