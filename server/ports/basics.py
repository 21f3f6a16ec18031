"""Time, ids, and how stores say no."""

from typing import Protocol


class Fenced(Exception):  # noqa: N818 - a fact of life of an owner, not a mistake
    """Another owner has taken the tournament over: stop, answer no one, forget everything."""


class StoreUnavailable(Exception):  # noqa: N818
    """The store cannot be reached or the outcome of a write is unknown."""


class Misplaced(Exception):  # noqa: N818 - a fact, not an error
    """A tournament lives elsewhere: this process may not own it."""


class Raced(Exception):  # noqa: N818
    """Another writer stored the same once-only thing first; nothing was stored. Deciding again tells how."""


class Clock(Protocol):
    """Time from outside. Moments are of the wall clock, which may be set back or ahead at any time; distances
    between two moments of one process are of the other."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment; never goes back and never jumps."""

    async def sleep(self, seconds: float) -> None:
        """Wait at least `seconds`."""


class IdSource(Protocol):
    """Fresh ids from outside."""

    def tournament_id(self) -> str: ...
    def player_id(self) -> str: ...
    def command_id(self) -> str: ...
    def short_id(self, length: int = 12) -> str: ...
    def secret(self) -> str: ...
