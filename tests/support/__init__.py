"""What every ring shares: clocks, builders, wire helpers."""
