"""Scores and players corrected by hand, and why a score is what it is."""

from fastapi import APIRouter, Request

from actors.replies import EntryAnswer
from actors.requests import ReadTraceBasis, request_of
from api.access.dependencies import Corrections, Ctx, PlayersWrite
from api.access.idempotency import OnceRoute
from api.answers import amounts, views_people
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.errors import player_not_found
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.players import responses
from api.rest.players.requests import CorrectionBody, DisqualifyBody, TraceParams
from api.rest.players.responses import CorrectedScore, CorrectionOutcome, DisqualifiedPlayer, Trace
from api.rest.tournaments.scoring_mapping import scaled
from api.tournaments.owner_client import ask, find, identity
from api.tournaments.viewers import reader
from server.domain.money import points_or_none, points_to_decimal
from server.domain.scoring.bounds import VALUE_MAX
from server.domain.tournament import commands
from server.domain.tournament.play.trace import TraceLine
from server.domain.tournament.summary import Summary
from server.encoding.answer import extended, pagination
from server.encoding.wire import instant, instant_or_none

_NEEDED = {"void": ("event_id",), "adjust": ("points", "player"), "reset": ("player",)}
router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Corrections"])


@router.post("/corrections", openapi_extra=body_of(CorrectionBody))
async def correct_score(
    tournament_id: str, request: Request, ctx: Ctx, caller: Corrections
) -> Json[CorrectedScore]:
    """Void a fact, adjust or reset a score; the board re-derives. Once results are final nothing changes:
    the answer says `review`, for a person to look at."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, CorrectionBody)
    command = _command(parsed, caller)
    parsed.raise_faults()
    if command.action == "void":
        command = await _with_history(ctx, caller, summary, command)
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    return Json(
        extended(
            CorrectedScore,
            _outcome(answer),
            points_before=points_to_decimal(answer.points_before),
            points_after=points_to_decimal(answer.points_after),
            action=command.action,
            reason=command.reason,
        )
    )


def _command(parsed: Parsed, caller: Caller) -> commands.Correct:
    given = parsed.values
    action = given.get("action", "reset")
    needed = _NEEDED[action]
    for name in filter(parsed.lacks, needed):
        parsed.faults[parsed.path(name)] = f"Is required to {action}"
    for name in ("event_id", "points"):
        if name not in needed and given.get(name) is not None:
            parsed.faults[parsed.path(name)] = f"Has no meaning for {action}"
    points = scaled(given["points"], "points", parsed) if given.get("points") is not None else 0
    if abs(points) > VALUE_MAX:
        parsed.faults[parsed.path("points")] = "Must be within limits"
    reason, player, event_id = given.get("reason", ""), given.get("player"), given.get("event_id")
    return commands.Correct(action, reason, player, event_id, points, by=caller.maker)


async def _with_history(
    ctx: Context, caller: Caller, summary: Summary, command: commands.Correct
) -> commands.Correct:
    """A void with what the journal says of its player: read here, so that no owner waits for it."""
    player_no = None
    if command.player is not None:
        entry = await ctx.listings.entry(caller.tenant, summary.id, command.player)
        if entry is None:
            raise player_not_found(summary.id, command.player)
        player_no = entry.player_no
    return await ctx.history.with_history(summary.id, command, player_no)


def _outcome(answer: EntryAnswer) -> CorrectionOutcome:
    return CorrectionOutcome(
        tournament_id=answer.summary.id,
        player_id=answer.entry.player_id,
        user_id=answer.entry.user_id,
        status="applied" if answer.review is None else "review",
        review=answer.review,
    )


@router.post("/players/{player}/disqualify", openapi_extra=body_of(DisqualifyBody))
async def disqualify_player(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[DisqualifiedPlayer]:
    """Take a player off the board for cause: no prize, prizes move up. Refunded only before the start. Once
    results are final nothing changes: the answer says `review`."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, DisqualifyBody)
    parsed.raise_faults()
    command = commands.Disqualify(player, parsed.values["reason"], caller.maker)
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    return Json(
        extended(
            DisqualifiedPlayer,
            _outcome(answer),
            player_status=views_people.entry_status(answer.entry, answer.summary),
            refund_amount=amounts.money(answer.summary, answer.refunded_minor),
        )
    )


@router.get("/players/{player}/trace")
async def get_trace(
    tournament_id: str, player: str, request: Request, ctx: Ctx, query: TraceParams
) -> Json[Trace]:
    """Every fact and correction of a player with the points that it gave; they add up to the score. For
    keys with `results.read`, and for the player's own token."""
    summary, viewer = await reader(request, ctx, tournament_id, "results.read")
    if viewer is not None and player not in (viewer.player_id, viewer.user_id, viewer.internal_player_id):
        raise player_not_found(summary.id, player)
    limit, offset = query.limit, query.offset
    basis = await ask(ctx, summary, ReadTraceBasis(player))
    lines = await ctx.history.trace(summary.id, basis)
    return Json(
        Trace(
            tournament_id=summary.id,
            player_id=basis.entry.player_id,
            user_id=basis.entry.user_id,
            rules_version=basis.entry.rules_version,
            points=points_to_decimal(basis.entry.points),
            lines=[_line(line) for line in lines[offset : offset + limit]],
            pagination=pagination(len(lines), limit, offset),
        )
    )


def _line(line: TraceLine) -> responses.TraceLine:
    shown = responses.TraceLine(
        sequence=line.seq,
        received_at=instant(line.at_ms),
        kind=line.kind,
        why=line.why,
        points=points_to_decimal(line.points),
    )
    fact = line.fact
    if fact is not None:
        shown.event_id, shown.value = fact.event_id, points_to_decimal(line.value)
        shown.round_id, shown.game = fact.round_id, fact.game
        shown.opened_at = instant_or_none(fact.opened_at_ms)
        shown.occurred_at = instant_or_none(fact.occurred_at_ms)
        shown.bet, shown.win = points_or_none(fact.bet), points_or_none(fact.win)
        shown.multiplier = points_or_none(fact.multiplier)
    return shown
