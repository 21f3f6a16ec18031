"""Configurations to make tournaments of."""
