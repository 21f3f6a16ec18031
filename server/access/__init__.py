"""Who may do what: keys, permissions, and what operators may name."""
