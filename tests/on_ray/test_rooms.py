"""The short form of `python -m tests.soak.rooms`: a room on real processes, killed in the climb, recounted;
and a search for its secret in everything that is kept."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.domain.ids import TournamentId
from server.domain.rooms.fairness import chain_of
from server.ports import SealedSeed
from server.runtime.seals import Seals
from tests.on_ray.conftest import Up
from tests.on_ray.test_up import call, wait_for
from tests.soak.rooms.run import soak_room

pytestmark = pytest.mark.on_ray
KINDS = ["owner", "owner+api"]


async def test_no_bet_is_lost_and_none_counts_twice(up: Up) -> None:
    report = await soak_room(up.home, KINDS, players=40, seed=5)
    assert report.wrong == []
    assert report.kills == {"owner": 1, "owner+api": 1}
    assert report.moves["played"] > 100 and "arrived_too_late" not in report.moves


def test_the_chain_of_a_running_room_is_nowhere_in_clear(up: Up) -> None:
    """Neither in the database, nor in any log, nor in what Ray keeps, while the demo plays in a room."""
    run = up.run()
    playing = wait_for(lambda: _playing(run))
    rows = asyncio.run(_everything(run["database_url"], playing))
    seed = Seals(up.home / "seal-key").open(TournamentId(playing), rows.pop("seed"))
    secret = chain_of(seed, 20)[1:]  # the last links, whose flights the demo never comes to
    session = Path((up.home / "ray-session").read_text())
    files = [
        *up.home.rglob("*.log"),
        *session.rglob("*.log"),
        *session.rglob("*.out"),
        *session.rglob("*.err"),
    ]
    kept = rows["raw"] + b"".join(file.read_bytes() for file in files if file.is_file())
    assert len(kept) > 10_000 and playing.encode() in kept
    for link in secret:
        assert link not in kept and link.hex().encode() not in kept


def _playing(run: dict[str, Any]) -> str | None:
    found = call(run, "/api/tournaments?status=in_progress")["tournaments"]
    bots = [one["tournamentId"] for one in found if one["name"].endswith("(bots)")]
    return bots[0] if bots else None


async def _everything(database_url: str, tournament_id: str) -> dict[str, Any]:
    """All rows of all tables as bytes, compressed ones also unpacked; and the sealed seed."""
    db = await asyncpg.connect(database_url)
    names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    raw = b""
    for (name,) in names:
        for row in await db.fetch(f'SELECT * FROM "{name}"'):
            for value in row.values():
                raw += value if isinstance(value, bytes) else str(value).encode()
                if name == "fact_blocks" and isinstance(value, bytes) and len(value) > 40:
                    raw += zlib.decompress(value)
    sql = "SELECT key_id, nonce, sealed FROM room_seeds WHERE tournament_id = $1"
    sealed = await db.fetchrow(sql, tournament_id)
    await db.close()
    assert sealed is not None
    return {"raw": raw, "seed": SealedSeed(*sealed)}
