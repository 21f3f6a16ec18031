"""Who may do what, how often, and only once."""
