"""Reading a stored journal: a tournament from its checkpoint and the rows behind it."""
