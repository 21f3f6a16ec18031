"""The stores in memory: twins of those on Postgres, for tests and the simulator."""
