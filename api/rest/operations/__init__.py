"""Whether a front end is well."""
