"""What delivers: one event of a cursor to the endpoint behind it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from config.limits import ANSWER_KEPT_CHARS
from server.encoding.wire import printable
from server.ports import DeliveryCursor
from server.public_events.mapping import Announcement


class DeliveryVerdict(Enum):
    """What an answer means."""

    TAKEN = auto()
    AGAIN = auto()
    GONE = auto()
    """The endpoint wants no more events, ever."""


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """An answer, or why there was none. `body` is what an endpoint said, `text` is what is kept of it."""

    verdict: DeliveryVerdict
    status: int | None = None
    body: bytes = b""
    reason: str = ""
    retry_after_s: float | None = None

    @property
    def text(self) -> str:
        """For people, clipped."""
        text = self.reason or self.body[: ANSWER_KEPT_CHARS * 4].decode(errors="replace")
        return printable(text, ANSWER_KEPT_CHARS)


class Sender(Protocol):
    """Never raises for what a receiver does."""

    async def send(self, cursor: DeliveryCursor, event: Announcement, now_ms: int) -> DeliveryResult:
        """Try once."""
