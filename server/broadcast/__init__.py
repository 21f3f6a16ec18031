"""The live channel: what a board's watchers are told, and the bounded history that lets them resume."""
