"""The live board, results and what each place gets."""
