"""`make bench`: measures, prints, writes docs/benchmarks.md and .json. Never fails by a clock."""

import json
from pathlib import Path

from server.collector import calm_collector
from tests.load import boards, durability, events, house, owner, peak, ranking, scoring, watchers
from tests.load.measure import RUNS, machine

DOCS = Path(__file__).parents[2] / "docs"
_HEAD = """# Benchmarks

Written by `make bench`; medians of {runs} runs, everything on one machine at once: {machine}.
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
        "messages as long; medians of 3 runs at 5,000 sockets, one at 9,500. Clients ask for deflate, as\n"
        "browsers do; as it comes uvicorn grants it.",
    ),
)


def main() -> None:
    """Run all sections, with the collector as owners have it."""
    calm_collector()
    text, figures = _HEAD.format(runs=RUNS, machine=machine()), {}
    for title, section, says in _SECTIONS:
        print(f"measuring: {title}", flush=True)
        tables, numbers = section.measure()
        print(tables, flush=True)
        text += f"\n## {title}\n\n{says}\n\n{tables}"
        figures[title] = numbers
    notes = DOCS / "benchmarks-notes.md"
    text += "\n" + notes.read_text() if notes.exists() else ""
    (DOCS / "benchmarks.md").write_text(text)
    (DOCS / "benchmarks.json").write_text(json.dumps({"machine": machine(), "figures": figures}, indent=1))


if __name__ == "__main__":
    main()
