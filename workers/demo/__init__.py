"""Demo tournaments: fifty marked bots that play crash-classic in a room, as any player's client would."""
