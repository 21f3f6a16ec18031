"""Where a piece of work comes from: its request and its trace, which log lines and calls carry."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    """`traceparent` is as W3C Trace Context writes it."""

    request_id: str | None = None
    traceparent: str | None = None

    def fields(self) -> dict[str, str]:
        """For a log line."""
        fields = {} if self.request_id is None else {"request_id": self.request_id}
        return fields if self.traceparent is None else fields | {"trace_id": self.traceparent.split("-")[1]}


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Of what runs now."""
    return _current.get()


@contextmanager
def within(origin: Origin) -> Iterator[None]:
    """What runs inside comes from there."""
    before = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(before)
