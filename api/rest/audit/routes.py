"""For those who check: the whole record of a tournament, and the trail of an operator's own settings."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request

from api.access.dependencies import AuditRead, Ctx
from api.access.idempotency import OnceRoute
from api.http.json_response import Json, Streamed
from api.http.openapi import OTHER_MEDIA
from api.http.query import CursorParams
from api.rest.audit.requests import MEDIA, RecordParams
from api.rest.audit.responses import AuditLine, AuditTrail
from api.tournaments.owner_client import find
from server.encoding.wire import instant
from server.reports.record import (
    as_csv,
    as_json,
    as_ndjson,
    record_of,
)
from server.reports.record_lines import Record

router = APIRouter(route_class=OnceRoute, tags=["Audit"])
_CHUNK_BYTES = 64 * 1024


@router.get(
    "/api/tournaments/{tournament_id}/record",
    openapi_extra={OTHER_MEDIA: [media.partition(";")[0] for name, media in MEDIA.items() if name != "json"]},
)
async def get_record(
    tournament_id: str, request: Request, ctx: Ctx, caller: AuditRead, query: RecordParams
) -> Streamed[Record]:
    """The whole record, exact at its `sequence` also while the tournament runs: rules and their history,
    money, every player with entries, place and winnings, payouts, and every event with its actor and hash.
    `format` is `json`, `ndjson` (a line each) or `csv` (one `section`, by default the players)."""
    summary = await find(ctx, caller, tournament_id)
    chosen, section = query.format, query.section
    state, chain = await ctx.history.state(summary.id)
    events = await ctx.books.events(summary.id, state.seq)
    lines = record_of(state, events, chain)
    parts = (
        {"json": as_json, "ndjson": as_ndjson}[chosen](lines) if chosen != "csv" else as_csv(lines, section)
    )
    return Streamed(
        _streamed(parts),
        media_type=MEDIA[chosen],
        headers={"Content-Disposition": f'attachment; filename="{summary.id}.{chosen}"'},
    )


async def _streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """In pieces that are made beside the event loop, so that a large record holds up no other caller."""
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
async def get_audit(request: Request, ctx: Ctx, caller: AuditRead, query: CursorParams) -> Json[AuditTrail]:
    """Who changed keys, templates and the wallet: before and after, in order, each row chained to the one
    before. Continue with `cursor` = the last `nextCursor`. What was done to tournaments is in their
    records."""
    after, limit = query.cursor, query.limit
    rows = await ctx.audit.trail(caller.tenant, after, limit + 1)
    page = rows[:limit]
    entries = [
        AuditLine(
            sequence=row.seq,
            at=instant(row.entry.at_ms),
            actor=row.entry.actor,
            action=row.entry.action,
            subject=row.entry.subject,
            before=row.entry.before,
            after=row.entry.after,
            reason=row.entry.reason,
            hash=row.hash.hex(),
        )
        for row in page
    ]
    cursor = str(page[-1].seq if page else after)
    return Json(AuditTrail(entries=entries, deeds=entries, next_cursor=cursor, has_more=len(rows) > limit))
