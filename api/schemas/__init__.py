"""What callers send: strict models, one file a noun, read by `api.http.body`."""
