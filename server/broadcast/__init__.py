"""Live channel: what watchers of a board are told, the history that lets them resume, and Redis pub/sub."""
