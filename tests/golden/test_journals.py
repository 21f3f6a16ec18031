"""Journals and checkpoints as an older version stored them: read, checked and told as they were then."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from server.domain.ids import TournamentId
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.journal.effects import effects_of
from server.journal.replay import read_state, replay
from server.ports import BlockRow, Checkpoint, EventRow
from tests.golden.replay import FOLDER, replayed

# Named after the commit that stored them: its unit of work over the golden histories, with a checkpoint.
STORED = {
    f"{file.stem}/{name}": stored
    for file in sorted((Path(__file__).parent / "journals").glob("*.json"))
    for name, stored in json.loads(file.read_text()).items()
}
# This one kept reviews as a number: its checkpoints cannot be read, and the whole journal is read instead.
OTHER_STATES = "5970622"


class Stored:
    """A `Log` over what was stored."""

    def __init__(self, name: str, *, with_checkpoint: bool = True) -> None:
        self.stored: dict[str, Any] = STORED[name]
        self.id = TournamentId(self.stored["tournament"])
        events = [
            EventRow(seq, kind, at_ms, actor, payload.encode(), b64decode(hash_))
            for seq, kind, at_ms, actor, payload, hash_ in self.stored["events"]
        ]
        blocks = [
            BlockRow(first, last, at_ms, b64decode(payload), b64decode(hash_))
            for first, last, at_ms, payload, hash_ in self.stored["blocks"]
        ]
        rows: list[EventRow | BlockRow] = [*events, *blocks]
        self.rows = sorted(rows, key=_first)
        self._with_checkpoint = with_checkpoint

    async def checkpoints(self, tournament_id: TournamentId) -> list[Checkpoint]:
        point = self.stored["checkpoint"]
        payload = b64decode(point["payload"])
        digest = blake2b(payload, digest_size=16).digest()
        found = Checkpoint(point["seq"], digest, b64decode(point["chain"]), payload)
        return [found] if self._with_checkpoint else []

    async def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        for row in self.rows:
            if _first(row) > after_seq:
                yield row


def _first(row: EventRow | BlockRow) -> int:
    return row.seq if isinstance(row, EventRow) else row.first_seq


@pytest.mark.parametrize("name", STORED)
def test_the_chain_holds_and_everything_is_told_as_it_was(name: str) -> None:
    log, chain = Stored(name), codec.CHAIN_START
    state: Tournament | None = None
    postings: list[Any] = []
    told: list[Any] = []
    for row in log.rows:
        if isinstance(row, BlockRow):
            chain = codec.chained(chain, row.last_seq, "facts", row.at_ms, row.payload)
            state = replay(state, row)
        else:
            chain = codec.chained(chain, row.seq, row.kind, row.at_ms, row.payload, row.actor)
            effects = effects_of(state, codec.decode_event(row.kind, row.payload), row.at_ms)
            state = effects.state
            postings += [[p.seq, p.line, p.posting.account, p.posting.amount_minor] for p in effects.postings]
            told += [
                [a.event_id, a.seq, a.event_type, a.at_ms, a.data.decode()] for a in effects.announcements
            ]
        assert chain == row.hash
    assert postings == log.stored["postings"]
    assert told == log.stored["announcements"]


@pytest.mark.parametrize("name", STORED)
async def test_the_old_checkpoint_and_the_log_lead_to_the_same_board(name: str) -> None:
    short, chain, kept_seq = await read_state(Stored(name), TournamentId(name))
    whole, same, _ = await read_state(Stored(name, with_checkpoint=False), TournamentId(name))
    version, _, history = name.partition("/")
    assert kept_seq == (0 if version == OTHER_STATES else STORED[name]["checkpoint"]["seq"]) and chain == same
    golden, _ = replayed(json.loads((FOLDER / f"{history}.json").read_text())["log"])
    board = golden.ranking.page(0, len(golden.ranking))
    for state in (short, whole):
        assert state.ranking.page(0, len(state.ranking)) == board
        assert (state.seq, state.status, state.results) == (golden.seq, golden.status, golden.results)
