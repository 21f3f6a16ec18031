"""All public events of an operator in one order."""
