"""Load generators and benchmarks. Bounded in count and time, on loopback only, never collected by pytest."""
