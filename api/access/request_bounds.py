"""What an HTTP connection may send before it is a request: so many bytes, headers and seconds."""

from typing import Final

from config.door_limits import (
    BODY_WITHIN_MS,
    HEAD_BYTES_MAX,
    HEAD_WITHIN_MS,
    HEADERS_MAX,
    REQUEST_BYTES_MAX,
    URL_BYTES_MAX,
)
from server.encoding.wire import dump

_STATUS: Final = {
    400: ("Bad Request", "invalid_request", "This is not HTTP/1.1"),
    408: ("Request Timeout", "request_timeout", "The request did not arrive in time"),
    413: ("Content Too Large", "body_too_large", f"The request is over {REQUEST_BYTES_MAX} bytes"),
    414: ("URI Too Long", "uri_too_long", f"The URL is over {URL_BYTES_MAX} bytes"),
    429: ("Too Many Requests", "rate_limit_exceeded", "Too many connections from this address"),
    431: ("Request Header Fields Too Large", "headers_too_large",
          f"The headers are over {HEAD_BYTES_MAX} bytes or more than {HEADERS_MAX}"),
}  # fmt: skip


class TooMuch(Exception):  # noqa: N818 - ends a connection, with a status
    """More than a head may have."""

    def __init__(self, status: int) -> None:
        self.status = status


class Head:
    """One request's way from its first byte to its last. Times are monotonic."""

    __slots__ = ("_body_since_ms", "_bytes", "_head_since_ms", "counted", "refused")

    def __init__(self, now_ms: int) -> None:
        self._head_since_ms: int | None = now_ms
        self._body_since_ms: int | None = None
        self._bytes = 0
        self.refused = 400  # the status, when the parser is told to stop
        self.counted: str | None = None  # the address that this connection counts for

    def begins(self, now_ms: int) -> None:
        """A request begins."""
        self._head_since_ms, self._body_since_ms, self._bytes = now_ms, None, 0

    def took(self, size: int) -> None:
        """So many bytes of a request that is not complete. Raises `TooMuch`."""
        self._bytes += size
        if self._head_since_ms is not None and self._bytes > HEAD_BYTES_MAX:
            raise TooMuch(431)
        if self._body_since_ms is not None and self._bytes > REQUEST_BYTES_MAX:
            raise TooMuch(413)

    def is_complete(self, now_ms: int) -> None:
        """The head is there, its body may follow."""
        self._head_since_ms, self._body_since_ms, self._bytes = None, now_ms, 0

    def is_over(self) -> None:
        """All is there."""
        self._body_since_ms, self._bytes = None, 0

    def is_late(self, now_ms: int) -> bool:
        """Whether something has been on its way for too long."""
        head, body = self._head_since_ms, self._body_since_ms
        return (head is not None and now_ms - head > HEAD_WITHIN_MS) or (
            body is not None and now_ms - body > BODY_WITHIN_MS
        )


def refusal(status: int) -> bytes:
    """A whole answer that closes the connection."""
    reason, code, message = _STATUS[status]
    body = dump({"error": code, "message": message})
    head = f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"connection: close\r\n\r\n" + body
