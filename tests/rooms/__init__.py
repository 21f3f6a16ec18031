"""Rooms: played over real sockets, killed, replayed."""
