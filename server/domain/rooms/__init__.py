"""Game rooms: tournaments that are played here. Pure: time, chance and encodings are handed in."""
