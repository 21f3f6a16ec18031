"""Hostile clients beside honest ones, on a front end that runs."""
