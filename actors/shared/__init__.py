"""Tournaments that share a process, and how callers find where each one lives."""
