"""One router per noun. A route authenticates, reads, asks, renders; it decides nothing."""
