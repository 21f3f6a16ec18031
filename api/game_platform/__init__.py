"""What game platforms call: facts, rounds, tokens; over REST and a stream."""
