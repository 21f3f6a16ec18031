"""The response class of every route."""

from typing import Generic, TypeVar

from fastapi.responses import Response, StreamingResponse

from server.encoding.wire import dump

A = TypeVar("A")


class Json(Response, Generic[A]):
    """JSON with exact decimals. A route is annotated with the type of its answer: `-> Json[Tournament]`."""

    media_type = "application/json"

    def __init__(self, content: A, status_code: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(content, status_code, headers)

    def render(self, content: A) -> bytes:
        """Encode once."""
        return dump(content)


class Encoded(Response, Generic[A]):
    """Bytes that are the JSON of an `A` already."""

    media_type = "application/json"


class Streamed(StreamingResponse, Generic[A]):
    """Pieces of the JSON of an `A`, or of another format that was asked for."""
