"""All that bypasses FastAPI: the repeated read of a board, answered in uvicorn's protocol itself."""
