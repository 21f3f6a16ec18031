"""Files for browsers."""
