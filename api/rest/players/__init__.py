"""Entries: sold, taken back, corrected, explained."""
