"""What was asked for after results were final."""
