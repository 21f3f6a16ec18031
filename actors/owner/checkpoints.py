"""When an owner keeps its state, so that recovery starts there. A cache: nothing depends on it but time."""

import asyncio
import logging
from collections.abc import Callable

from config.limits import (
    CHECKPOINT_EVERY_FACTS,
    CHECKPOINT_EVERY_MS,
    CHECKPOINT_FACTS_PER_PLAYER,
    CHECKPOINT_PLAYERS,
)
from server.domain.tournament.state import Tournament
from server.journal.replay import Recovered, checkpoint_of
from server.ports import Checkpoint, Clock, Fenced, Journal, StoreUnavailable

log = logging.getLogger(__name__)


class Checkpoints:
    """Writes beside the owner's work: the state of 100,000 players is 50 MB, a second on its way to the
    store. One at a time; the larger the state, the rarer."""

    def __init__(self, journal: Journal, clock: Clock, recovered: Recovered) -> None:
        self._journal = journal
        self._clock = clock
        self._id, self._epoch = recovered.state.id, recovered.epoch
        self._facts = recovered.state.facts_counted
        self._seq = recovered.checkpoint_seq
        self._at_ms = clock.monotonic_ms()
        self._writing: asyncio.Task[None] | None = None

    def begin_when_due(self, state: Tournament, chain: bytes, room: Callable[[], bytes | None]) -> None:
        """Take the state as it is now, with its room, when it is time and the last one is written. A room that
        cannot be shown now (None) puts it off."""
        writing = self._writing is not None and not self._writing.done()
        if writing or not self._is_due(state) or (image := room()) is None:
            return
        if (point := self._take(state, chain, image)) is not None:
            self._writing = asyncio.create_task(self._try_to_write(point))

    def _is_due(self, state: Tournament) -> bool:
        players = len(state.entries)
        facts_max = max(CHECKPOINT_EVERY_FACTS, CHECKPOINT_FACTS_PER_PLAYER * players)
        every_ms = CHECKPOINT_EVERY_MS * max(1, players // CHECKPOINT_PLAYERS)
        return (
            state.facts_counted - self._facts >= facts_max
            or self._clock.monotonic_ms() - self._at_ms >= every_ms
        )

    def _take(self, state: Tournament, chain: bytes, room: bytes) -> Checkpoint | None:
        self._at_ms, self._facts = self._clock.monotonic_ms(), state.facts_counted
        return None if state.seq == self._seq else checkpoint_of(state, chain, room)

    async def _try_to_write(self, point: Checkpoint) -> None:
        """Who is fenced or has no store learns it with the next commit."""
        try:
            await self._write(point)
        except (Fenced, StoreUnavailable):
            pass
        except Exception:
            log.exception("checkpoint_failed", extra={"tournament": self._id})

    async def _write(self, point: Checkpoint) -> None:
        await self._journal.save_checkpoint(self._id, self._epoch, point)
        self._seq = point.seq

    async def finish(self, state: Tournament, chain: bytes, room: bytes | None) -> None:
        """The last one, waited for; none while the room cannot be shown."""
        if self._writing is not None:
            await self._writing
        if room is not None and (point := self._take(state, chain, room)) is not None:
            await self._try_to_write(point)
