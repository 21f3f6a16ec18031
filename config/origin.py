"""Where a piece of work comes from: its request and its trace, which log lines and calls carry."""

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


class within:  # noqa: N801 - used as a function; a generator would take three times as long
    """What runs inside comes from there."""

    __slots__ = ("_before", "_origin")

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __enter__(self) -> None:
        self._before = _current.set(self._origin)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)
