"""The settings sheet: values read once at the door, named limits, logging.

Imports nothing of ours.
"""
