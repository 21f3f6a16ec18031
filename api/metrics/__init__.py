"""What Prometheus reads: one table of all metrics, where their values come from, and their dashboard."""
