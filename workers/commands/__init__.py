"""What `pitboss` does on the command line, but for its first page (`workers.cli`)."""
