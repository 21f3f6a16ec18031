"""Tournaments: created, changed, started, finished, cancelled."""
