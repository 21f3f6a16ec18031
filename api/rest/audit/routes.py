"""For those who check: the whole record of a tournament, and the trail of an operator's own settings."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from api.access.dependencies import AuditRead, Home
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import Query
from api.tournaments.owner_client import find
from config.limits import LIST_PAGE_DEFAULT, LIST_PAGE_MAX
from server.encoding.wire import instant
from server.reports.record import (
    SECTIONS,
    as_csv,
    as_json,
    as_ndjson,
    record_of,
)

router = APIRouter(route_class=OnceRoute, tags=["Audit"])
_MEDIA = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_CHUNK_BYTES = 64 * 1024


@router.get("/api/tournaments/{tournament_id}/record")
async def get_record(tournament_id: str, request: Request, home: Home, caller: AuditRead) -> Response:
    """The whole record, exact at its `sequence` also while the tournament runs: rules and their history,
    money, every player with entries, place and winnings, payouts, and every event with its actor and hash.
    `format` is `json`, `ndjson` (a line each) or `csv` (one `section`, by default the players)."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "format", "section") as query:
        chosen = query.among("format", {name: name for name in _MEDIA}, "json")
        section = query.among("section", {name: name for name in SECTIONS[1:]}, "players")
        if "section" in query and chosen != "csv":
            query.faults["section"] = "Is for csv only"
    state, chain = await home.pasts.state(summary.id)
    events = await home.books.events(summary.id, state.seq)
    lines = record_of(state, events, chain)
    parts = (
        {"json": as_json, "ndjson": as_ndjson}[chosen](lines) if chosen != "csv" else as_csv(lines, section)
    )
    return StreamingResponse(
        _streamed(parts),
        media_type=_MEDIA[chosen],
        headers={"Content-Disposition": f'attachment; filename="{summary.id}.{chosen}"'},
    )


async def _streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """In pieces that are made beside the event loop, so that a large record holds nobody up."""
    while piece := await asyncio.to_thread(_piece, parts):
        yield piece


def _piece(parts: Iterator[bytes]) -> bytes:
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _CHUNK_BYTES:
            break
    return bytes(piece)


@router.get("/api/audit")
async def get_audit(request: Request, home: Home, caller: AuditRead) -> Json:
    """Who changed keys, templates and the wallet: before and after, in order, each row chained to the one
    before. Continue with `cursor` = the last `nextCursor`. What was done to tournaments is in their
    records."""
    with Query(request, "cursor", "limit") as query:
        after = query.whole("cursor", 0, 0, 10**8)
        limit = query.whole("limit", LIST_PAGE_DEFAULT, 1, LIST_PAGE_MAX)
    rows = await home.audit.trail(caller.tenant, after, limit + 1)
    page = rows[:limit]
    deeds = [
        {
            "sequence": row.seq,
            "at": instant(row.deed.at_ms),
            "actor": row.deed.actor,
            "action": row.deed.action,
            "subject": row.deed.subject,
            "before": row.deed.before,
            "after": row.deed.after,
            "reason": row.deed.reason,
            "hash": row.hash.hex(),
        }
        for row in page
    ]
    cursor = str(page[-1].seq if page else after)
    return Json({"deeds": deeds, "nextCursor": cursor, "hasMore": len(rows) > limit})
