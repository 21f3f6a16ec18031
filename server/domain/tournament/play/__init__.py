"""Play: facts, the cutoff of rounds and of the whole, corrections, and what the clock makes due."""
