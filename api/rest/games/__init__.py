"""The games of an operator."""
