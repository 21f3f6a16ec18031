"""How the chance of a room is made, and the proof of it."""
