"""Time, chance and loops of a real process."""
