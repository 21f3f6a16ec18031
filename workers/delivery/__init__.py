"""Public events on their way out: routed, claimed, sent, tried again."""
