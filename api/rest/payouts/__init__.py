"""What players are owed, and the wallet that is asked to pay it."""
