"""Rooms on real processes: hundreds of clients over sockets, owners and front ends killed in the climb."""
