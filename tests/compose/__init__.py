"""The whole cluster in containers: needs a Docker engine."""
