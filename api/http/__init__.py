"""HTTP itself: bodies, queries, errors, answers, and the document that describes them."""
