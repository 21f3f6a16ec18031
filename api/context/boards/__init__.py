"""Reading boards: pages and whole boards of the last tick, and who asks the owner for the others."""
