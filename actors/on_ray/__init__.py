"""Owners as Ray actors, and the cluster they live in. The only folder that imports Ray."""
