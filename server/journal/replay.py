"""How an owner comes to know its tournament: newest good checkpoint, then the tail of the journal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial, reduce
from hashlib import blake2b
from typing import Any, Protocol

from server.domain.ids import TournamentId
from server.domain.tournament.apply import apply
from server.domain.tournament.play.facts import count
from server.domain.tournament.play.room_facts import take_batch
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.room_codec import decode_batch
from server.journal.room_replay import RoomReplay
from server.ports import BlockRow, Checkpoint, EventRow, Journal, SealedSeed

# Up to 60 bits a number of Python takes 32 bytes.
_HINT_MASK = (1 << 60) - 1
# One change of thread costs about as much as counting a few rows: many go at once.
ROWS_AT_ONCE = 100
log = logging.getLogger(__name__)


class Log(Protocol):
    """What of a journal, or of the books, a reader needs."""

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]: ...
    def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]: ...


@dataclass(slots=True)
class Recovered:
    """A tournament as stored, and the epoch under which it may now be changed."""

    state: Tournament
    epoch: int
    chain: bytes
    command_ids: set[int]
    checkpoint_seq: int
    room: RoomReplay | None = None


def hint_of(command_id: str) -> int:
    """A third of the id's memory, and enough: whether a command was answered the store says for certain."""
    return hash(command_id) & _HINT_MASK


class OpensRooms(Protocol):
    """Makes what follows the batches of a room."""

    def open(self, tournament_id: TournamentId, sealed: SealedSeed) -> RoomReplay: ...


async def take_over(
    journal: Journal,
    tournament_id: TournamentId,
    holder: str,
    rooms: OpensRooms | None = None,
    placement: str | None = None,
) -> Recovered | None:
    """Become the owner, then read: in this order, so that nothing can be written in between. `rooms` open the
    room of a tournament that has one.

    None when there is no such tournament. `Misplaced` when it lives elsewhere than at `placement`.
    """
    epoch = await journal.take_over(tournament_id, holder, placement)
    if epoch is None:
        return None
    seed = None if rooms is None else await journal.room_seed(tournament_id)
    room = None if seed is None or rooms is None else rooms.open(tournament_id, seed)
    state, chain, kept_seq = await read_state(journal, tournament_id, room=room)
    ids = {hint_of(name) for name in await journal.command_ids(tournament_id)}
    return Recovered(state, epoch, chain, ids, kept_seq, room)


async def _here(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)


async def read_state(
    log: Log,
    tournament_id: TournamentId,
    *,
    in_threads: bool = False,
    room: RoomReplay | None = None,
) -> tuple[Tournament, bytes, int]:
    """The state as stored now, the head of its chain, and the position of the checkpoint it began with.
    `in_threads`: threads decode and count, and the caller's event loop serves others meanwhile."""
    work, rows_at_once = (asyncio.to_thread, ROWS_AT_ONCE) if in_threads else (_here, 1)
    state: Tournament | None = None
    chain, kept_seq = codec.CHAIN_START, 0
    # The newest checkpoint that is whole and readable; a bad one only costs time.
    for point in await log.checkpoints(tournament_id):
        state = await work(_state_of, point, tournament_id, room)
        if state is not None:
            chain, kept_seq = point.chain, point.seq
            break
    follow = partial(replay, room=room)
    async for rows in batches(log.tail(tournament_id, kept_seq), rows_at_once):
        state, chain = await work(reduce, follow, rows, state), rows[-1].hash
    assert state is not None, "a tournament has a first event"
    return state, chain, kept_seq


async def batches(
    rows: AsyncIterator[EventRow | BlockRow], rows_at_once: int
) -> AsyncIterator[list[EventRow | BlockRow]]:
    """Rows by so many."""
    batch: list[EventRow | BlockRow] = []
    async for row in rows:
        batch.append(row)
        if len(batch) >= rows_at_once:
            yield batch
            batch = []
    if batch:
        yield batch


def replay(state: Tournament | None, row: EventRow | BlockRow, room: RoomReplay | None = None) -> Tournament:
    """One stored row on top of a state, and of its room where that is followed."""
    if isinstance(row, EventRow):
        event = codec.decode_event(row.kind, row.payload)
        state = apply(state, event, row.at_ms)
        if room is not None:
            room.hear(event, state)
        return state
    assert state is not None, "facts follow a first event"
    if row.kind == codec.ROOM:
        batch = decode_batch(row.payload)
        take_batch(state, batch)
        if room is not None:
            room.take(row.first_seq, batch, state)
    else:
        count(state, codec.decode_block(row.payload))
    return state


def checkpoint_of(state: Tournament, chain: bytes, room: bytes = b"") -> Checkpoint:
    """The state as a checkpoint row, with its room."""
    payload = codec.encode_state(state, room)
    return Checkpoint(state.seq, _digest(payload), chain, payload)


def _digest(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=16).digest()


def _state_of(point: Checkpoint, tournament_id: TournamentId, room: RoomReplay | None) -> Tournament | None:
    if _digest(point.payload) != point.digest:
        log.warning("checkpoint_damaged", extra={"tournament": tournament_id, "seq": point.seq})
        return None
    try:
        state, image = codec.decode_checkpoint(point.payload)
        if room is not None:
            room.begin(image, state)
        return state
    except Exception:
        # Written by another version: the journal is the truth.
        log.warning("checkpoint_unreadable", extra={"tournament": tournament_id, "seq": point.seq})
        return None
