"""The stores on Postgres, one class a port."""
