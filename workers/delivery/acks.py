"""A webhook's answer may say what became of a payout: an acknowledgement without a second call."""

import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from actors.directory import Directory
from actors.replies import Done, Refused
from actors.requests import CommandRequest
from config.limits import FOREIGN_WORDS_MAX
from server.domain.tournament.commands import Settle
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.money.payouts import ACKS
from server.encoding.wire import printable
from server.ports import DeliveryCursor
from server.public_events.mapping import Announcement

log = logging.getLogger(__name__)
ACTOR = "webhook"
_ABOUT = {"payout.created", "payout.approved", "refund.created"}


class _Said(msgspec.Struct):
    status: Literal["paid", "failed", "not_eligible", "void"]
    reference: str | None = None
    reason: str | None = None


class _Answer(msgspec.Struct):
    payout: _Said


class _Line(msgspec.Struct, rename="camel"):
    payout_id: str


class Acks:
    """Tells the owner what a receiver answered."""

    def __init__(self, directory: Directory, command_id: Callable[[], str]) -> None:
        self._directory = directory
        self._command_id = command_id

    async def take(self, cursor: DeliveryCursor, event: Announcement, body: bytes) -> bool:
        """False when the owner could not be told: the event is sent again, and answered again. What it
        refuses, because the line has moved on, is refused for good."""
        if not cursor.endpoint.acknowledges or event.event_type not in _ABOUT:
            return True
        try:
            payout = msgspec.json.decode(body, type=_Answer).payout
        except (msgspec.DecodeError, UnicodeError):
            return True
        line = msgspec.json.decode(event.data, type=_Line)
        step = PayoutStep(line.payout_id, ACKS[payout.status], _words(payout.reference), _words(payout.reason))
        command = Settle((step,), strict=False)
        reply = await self._directory.ask(cursor.stream, CommandRequest(command, self._command_id(), ACTOR))
        log.info("payout_acknowledged", extra={"payout": line.payout_id, "status": payout.status})
        return isinstance(reply, Done | Refused)


def _words(text: str | None) -> str | None:
    return None if text is None else printable(text, FOREIGN_WORDS_MAX)
