"""Real processes under real load, killed at random; then the books. `make soak`, `python -m tests.soak
--help`."""
