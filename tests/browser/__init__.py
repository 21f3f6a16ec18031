"""Journeys through the pages in a real Chromium, against a real front end on memory stores."""
