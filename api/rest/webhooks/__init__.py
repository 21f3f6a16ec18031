"""Where public events go, and what became of them."""
