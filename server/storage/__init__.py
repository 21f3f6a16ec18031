"""The records: Postgres, and a full twin in memory behind the same ports.

Importing this package loads no driver: an owner process takes `journal` (asyncpg), front ends also take
`listings` and `operators` (SQLAlchemy).
"""
