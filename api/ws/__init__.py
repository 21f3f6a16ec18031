"""The player socket: `protocol` the vocabulary, `hub` one channel per tournament, `connection` one client."""
