"""Bytes: JSON on the wire, the journal, names and currencies."""
