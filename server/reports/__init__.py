"""What people and regulators read."""
