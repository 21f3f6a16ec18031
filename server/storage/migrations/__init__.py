"""Alembic environment; the schema's history is in `versions`."""
