"""When things begin again."""
