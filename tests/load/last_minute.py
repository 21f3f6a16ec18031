"""The last minute before a start: 10,000 players want 9,000 places, keyed and paid, and some ask twice.

Afterwards every sum is counted again from what is stored: places, payments, ledger, journal.
"""

import itertools
import json
import os
import subprocess
import sys
from typing import Any

import aiohttp
import asyncpg
import uvloop

from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from tests.load.house import Load
from tests.load.http_load import Told, request_bytes, send_all
from tests.load.measure import percentile, table
from tests.load.single import Server, pitboss

PLACES, CALLERS, TWICE, CONNECTIONS, FEE_MINOR = 9_000, 10_000, 1_000, 128, 1_000


def _requests(operator: dict[str, str], tournament_id: str) -> list[bytes]:
    """One a player; those of some come twice, the second time a little later."""
    path = f"/api/tournaments/{tournament_id}/players"
    auth = {"authorization": f"Bearer {operator['api_key']}"}
    each = [
        request_bytes(
            "POST",
            path,
            auth | {"idempotency-key": f"late-{n}"},
            json.dumps({"userId": f"u{n}", "buyInAmount": 10, "paymentId": f"late-{n}"}).encode(),
        )
        for n in range(CALLERS)
    ]
    ahead = itertools.islice(itertools.cycle(each), TWICE // 10, None)
    return [one for n, first in enumerate(each) for one in ((first, next(ahead)) if n % 10 == 0 else (first,))]


async def _stored(url: str, tournament_id: str) -> dict[str, Any]:
    """What there is of it in the database."""
    db = await asyncpg.connect(url)
    entries = await db.fetchval("SELECT count(*) FROM entries WHERE tournament_id = $1", tournament_id)
    paid = await db.fetchval("SELECT count(DISTINCT payment_id) FROM payments")
    answered = await db.fetch("SELECT status, count(*) FROM request_answers GROUP BY status")
    sums = "SELECT account, sum(amount_minor)::bigint FROM postings WHERE tournament_id = $1 GROUP BY account"
    accounts = await db.fetch(sums, tournament_id)
    await db.close()
    counts = {"answered": {row[0]: row[1] for row in answered}, "accounts": {r[0]: r[1] for r in accounts}}
    return {"entries": entries, "paid": paid} | counts


def _check(told: Told, stored: dict[str, Any], url: str) -> None:
    """Raises where a sum is wrong."""
    assert set(told.statuses) == {201, 409}, (told.statuses, told.refused)
    assert stored["entries"] == stored["paid"] == PLACES, stored
    assert stored["answered"] == {201: PLACES, 409: CALLERS - PLACES}, stored
    assert sum(stored["accounts"].values()) == 0, stored
    assert PLACES * FEE_MINOR in map(abs, stored["accounts"].values()), stored
    command = [sys.executable, "-m", "workers.cli", "verify"]
    subprocess.run(command, env=os.environ | {"PITBOSS_DATABASE_URL": url}, check=True, timeout=300)


async def _late(run: dict[str, Any]) -> str:
    """A tournament that starts within a minute."""
    start = instant(SystemClock().now_ms() + 59_000)
    body = {"name": "Late", "startTime": start, "gameSlug": "crash-classic", "entryFee": 10}
    async with aiohttp.ClientSession() as http:
        made = await Load(http, run).call("POST", "/api/tournaments", body | {"maxPlayers": PLACES})
    return str(made["tournamentId"])


async def _race(server: Server, run: dict[str, Any], tournament_id: str) -> Told:
    requests = iter(_requests(run["operators"][0], tournament_id))
    return await send_all(server.port, requests, CONNECTIONS)


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures. Raises where anything is wrong."""
    with pitboss() as server:
        run, tournament_id = server.run, uvloop.run(_late(server.run))
        told = uvloop.run(_race(server, run, tournament_id))
        _check(told, uvloop.run(_stored(run["database_url"], tournament_id)), run["database_url"])
    times = told.times_ms
    waits = f"{percentile(times, 50):.0f} / {percentile(times, 99):.0f} / {max(times):.0f}"
    lines = [
        ["places, sold exactly", f"{PLACES:,}"],
        ["players who wanted one; requests, repeated ones included", f"{CALLERS:,}; {told.count:,}"],
        ["seconds until all were answered", f"{told.wall_s:.1f}"],
        ["answers a second", f"{told.count / told.wall_s:,.0f}"],
        ["p50 / p99 / longest, ms", waits],
        ["wrong sums, by `pitboss verify` and counted in the tables", "0"],
    ]  # fmt: skip
    head = [f"the last minute, {CONNECTIONS} connections", "one machine"]
    return table(head, lines), {one[0]: one[1] for one in lines}
