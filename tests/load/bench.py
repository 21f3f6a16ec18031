"""`make bench`: measures, prints, writes docs/benchmarks.md and .json. Never fails by a clock.

`python -m tests.load.bench "Watchers" "Board reads"` measures these sections anew and keeps the others.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.runtime.collector import calm_collector
from tests.load import (
    boards,
    crowd,
    durability,
    events,
    house,
    last_minute,
    latency,
    neighbours,
    owner,
    peak,
    ranking,
    rooms,
    scoring,
    single,
    watchers,
)
from tests.load.measure import RUNS, machine

_DOCS = Path(__file__).parents[2] / "docs"
_FIGURES = _DOCS / "benchmarks.json"
_HEAD = """# Benchmarks

Written by `make bench`; medians of {runs} runs unless said otherwise, everything on one machine at once.
Load generator, front end, owner and Postgres share its cores, so wall figures are a floor; CPU microseconds
are what an operation costs whichever machine it runs on.
"""
_SECTIONS = (
    (
        "Ranking",
        ranking,
        "One update is a score change of a random player: old place out, new place in. Ours and the bare\n"
        "structure are CPU time; Redis is wall time over loopback, because its server works on another core.",
    ),
    (
        "Scoring",
        scoring,
        "Blocks of 1,000 facts: judged (duplicate, player, bell), then counted with the board brought up to\n"
        "date. CPU microseconds a fact; the n of best_n, first_n and last_n is 10.",
    ),
    (
        "One owner, without HTTP",
        owner,
        "JSON in, decoded, judged, counted, ranked, encoded, committed durably to Postgres, answered.",
    ),
    (
        "The whole house",
        house,
        "One front end, one Ray actor, embedded Postgres with `synchronous_commit=on`.",
    ),
    (
        "Single requests",
        single,
        "Ours beside two plain servers with Redis and Postgres (`tests/load/peers`), durable, one process of\n"
        "HTTP each: 64 connections, 16 with 100 facts a request, 1,000 players; boards are written to five\n"
        "times a second while they are read. The plain ones have no keys, limits, scoring, ledger or events.\n"
        "The middle of three runs, each of which gives medians of 5; CPU is of the whole server side with\n"
        "Ray, workers, Postgres and Redis.",
    ),
    (
        "Latency",
        latency,
        "One fact at a tenth of the greatest rate, from 20 connections at fixed moments.",
    ),
    (
        "The last minute",
        last_minute,
        "10,000 players want 9,000 places of one tournament, with an `Idempotency-Key` and a payment each; a\n"
        "tenth of the requests come twice. One run.",
    ),
    (
        "Durability",
        durability,
        "Nothing is answered before it is stored. Group commit and recovery: one process on real\n"
        "Postgres; memory: real Ray actors that recovered their tournament from the log.",
    ),
    (
        "A large evening",
        peak,
        "One owner, one front end with Redis, embedded Postgres; batches of 1,000 facts over HTTP, sockets\n"
        "of spectators. One run.",
    ),
    (
        "Many tournaments",
        crowd,
        "Thousands at once, in shared owners; callers speak to owners as front ends do, without HTTP, and\n"
        "are not counted. Then a thousand starts in the same millisecond, seen when they are stored. One run.",
    ),
    (
        "Neighbours",
        neighbours,
        "Fifty tables in one shared owner, four facts a second each. Then one more takes turns of 50 ms,\n"
        "five a second, on purpose. Callers speak to owners as front ends do, without HTTP. One run.",
    ),
    (
        "Board reads",
        boards,
        "One front end beside the same route written plainly in FastAPI over a Redis sorted set, in one run:\n"
        "authentication and limits on in both, 16 callers, top 50 of 50 players, written to five times a\n"
        "second. CPU is that of the process that serves HTTP.",
    ),
    (
        "Events out",
        events,
        "One worker, real Postgres, webhooks over HTTP to receivers in processes of their own: a backlog of\n"
        "10,000 events of 50 tournaments; then 1,000 events a second, half of them of an operator whose\n"
        "endpoint takes them or never answers. Medians of 5 runs taken in turn.",
    ),
    (
        "Watchers",
        watchers,
        "Frames of one board to sockets on one front end, beside FastAPI's WebSocket over Redis pub/sub with\n"
        "messages as long, of rows that change as much; medians of 3 runs at 5,000 sockets, one at 9,500.\n"
        "Facts come in by another front end, as the peer's messages come from a publisher. Clients ask for\n"
        "deflate, as browsers do; as it comes uvicorn grants it, with a window a socket.",
    ),
    (
        "Rooms",
        rooms,
        "crash-classic over sockets: all bet within half a second and cash out by hand within one second of\n"
        "the climb. The peer has the same rules and frames, no authentication, and stores nothing. The load\n"
        "generator is one C program. Seconds in which it was held up for over 50 ms are dropped. Medians of\n"
        "3 runs in turn.",
    ),
)


def main() -> None:
    """Measure all sections, or those that are named, with the collector as owners have it; keep the others."""
    wanted = sys.argv[1:] or [title for title, _, _ in _SECTIONS]
    unknown = set(wanted) - {title for title, _, _ in _SECTIONS}
    if unknown:
        sys.exit(f"no such section: {', '.join(sorted(unknown))}")
    if len(wanted) > 1:  # Ray reads its environment once a process, and each has a house of its own
        for title in wanted:
            subprocess.run([sys.executable, "-m", "tests.load.bench", title], check=True)
        return
    calm_collector()
    kept = json.loads(_FIGURES.read_text()) if _FIGURES.exists() else {}
    for title, section, _ in _SECTIONS:
        if title in wanted:
            print(f"measuring: {title}", flush=True)
            tables, figures = section.measure()
            print(tables, flush=True)
            today = datetime.now(UTC).date().isoformat()
            kept[title] = {"measured": today, "machine": machine(), "tables": tables, "figures": figures}
            _FIGURES.write_text(json.dumps(kept, indent=1) + "\n")
    (_DOCS / "benchmarks.md").write_text(_page(kept))


def _page(kept: dict[str, dict[str, Any]]) -> str:
    text = _HEAD.format(runs=RUNS)
    for title, _, says in _SECTIONS:
        if title in kept:
            found = kept[title]
            text += f"\n## {title}\n\n{says}\n\n{found['tables']}"
            text += f"\nMeasured on {found['measured']}: {found['machine']}.\n"
    return text + "\n" + (_DOCS / "benchmarks-notes.md").read_text()


if __name__ == "__main__":
    main()
