"""Replays a golden history with nothing but the domain."""

import json
from pathlib import Path
from typing import Any

from server.domain.money import points_to_decimal
from server.domain.scoring.fact import Counted, Fact
from server.domain.tournament.apply import apply
from server.domain.tournament.money.ledger import postings_for
from server.domain.tournament.play.facts import count
from server.domain.tournament.state import Tournament
from server.encoding import codec

FOLDER = Path(__file__).parent / "histories"
Row = dict[str, Any]


def replayed(rows: list[Row]) -> tuple[Tournament, dict[str, int]]:
    """The state at the end of a log, and the balance of every account."""
    state: Tournament | None = None
    ledger: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "facts":
            assert state is not None
            count(state, [Counted(no, Fact(*fact), at_ms) for no, fact, at_ms in row["facts"]])
            continue
        event = codec.decode_event(row["kind"], json.dumps(row["event"]).encode())
        for line in postings_for(event, state):
            ledger[line.account] = ledger.get(line.account, 0) + line.amount_minor
        state = apply(state, event, row["at_ms"])
    assert state is not None
    return state, ledger


def outcome_of(state: Tournament, ledger: dict[str, int]) -> dict[str, Any]:
    """What a history leads to, as a person can read it."""
    prizes = {} if state.results is None else {p.player_no: p.amount_minor for p in state.results.prizes}
    return {
        "status": state.status.value,
        "results": state.results_status.value,
        "board": [
            [
                row.position,
                row.rank,
                state.entries[row.player_no].user_id,
                str(points_to_decimal(row.points)),
                prizes.get(row.player_no, 0),
            ]
            for row in state.ranking.page(0, len(state.ranking))
        ],
        "ledger_minor": dict(sorted(ledger.items())),
    }
