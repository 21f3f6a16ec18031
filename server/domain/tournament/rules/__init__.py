"""What is agreed before play: rules, their checks, and how they may change."""
