"""Scores and players corrected by hand, and why a score is what it is."""

from typing import Any

from fastapi import APIRouter, Request

from actors.replies import EntryAnswer, TraceBasis
from actors.requests import ReadTraceBasis
from api.access.dependencies import Corrections, Home, PlayersWrite
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.errors import player_not_found
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.players.requests import CorrectionBody, DisqualifyBody
from api.rest.tournaments.scoring_mapping import scaled
from api.tournaments import amounts, views, views_people
from api.tournaments.owner_client import ask, find, order
from api.tournaments.viewers import reader
from config.limits import TRACE_PAGE_DEFAULT, TRACE_PAGE_MAX
from server.domain.money import points_or_none, points_to_decimal
from server.domain.scoring.models import VALUE_MAX
from server.domain.tournament import commands as do
from server.domain.tournament.play.trace import TraceLine
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant, instant_or_none

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Corrections"])


@router.post("/corrections", openapi_extra=body_of(CorrectionBody))
async def correct_score(tournament_id: str, request: Request, home: Home, caller: Corrections) -> Json:
    """Void a fact, adjust or reset a score; the board re-derives. Once results are final nothing changes:
    the answer says `review`, for a person to look at."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, CorrectionBody)
    command = _command(parsed, caller)
    parsed.raise_faults()
    if command.action == "void":
        command = await _with_history(home, caller, summary, command)
    answer = await ask(home, summary, order(request, home, caller, command, body), EntryAnswer)
    return Json(_outcome(answer) | {"action": command.action, "reason": command.reason})


def _command(parsed: Parsed, caller: Caller) -> do.Correct:
    given = parsed.values
    action = given.get("action", "reset")
    needed = {"void": "event_id", "adjust": "points"}.get(action)
    if needed is not None and given.get(needed) is None and needed not in parsed.spelled:
        parsed.faults[parsed.path(needed)] = f"Is required to {action}"
    for other in {"event_id", "points"} - {needed}:
        if given.get(other) is not None:
            parsed.faults[parsed.path(other)] = f"Has no meaning for {action}"
    if action != "void" and given.get("player") is None and "player" not in parsed.spelled:
        parsed.faults[parsed.path("player")] = f"Is required to {action}"
    points = scaled(given["points"], "points", parsed) if given.get("points") is not None else 0
    if abs(points) > VALUE_MAX:
        parsed.faults[parsed.path("points")] = "Must be within limits"
    reason, player, event_id = given.get("reason", ""), given.get("player"), given.get("event_id")
    return do.Correct(action, reason, player, event_id, points, by=caller.maker)


async def _with_history(home: Resources, caller: Caller, summary: Summary, command: do.Correct) -> do.Correct:
    """A void with what the journal says of its player: read here, so that no owner waits for it."""
    player_no = None
    if command.player is not None:
        entry = await home.listings.entry(caller.tenant, summary.id, command.player)
        if entry is None:
            raise player_not_found(summary.id, command.player)
        player_no = entry.player_no
    return await home.pasts.with_history(summary.id, command, player_no)


def _outcome(answer: EntryAnswer) -> dict[str, Any]:
    return {
        "tournamentId": answer.summary.id,
        "playerId": answer.entry.player_id,
        "userId": answer.entry.user_id,
        "status": "applied" if answer.review is None else "review",
        "review": answer.review,
        "pointsBefore": points_to_decimal(answer.points_before),
        "pointsAfter": points_to_decimal(answer.points_after),
    }


@router.post("/players/{player}/disqualify", openapi_extra=body_of(DisqualifyBody))
async def disqualify_player(
    tournament_id: str, player: str, request: Request, home: Home, caller: PlayersWrite
) -> Json:
    """Take a player off the board for cause: no prize, prizes move up. Refunded only before the start. Once
    results are final nothing changes: the answer says `review`."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, DisqualifyBody)
    parsed.raise_faults()
    command = do.Disqualify(player, parsed.values["reason"], caller.maker)
    answer = await ask(home, summary, order(request, home, caller, command, body), EntryAnswer)
    outcome = _outcome(answer)
    del outcome["pointsBefore"], outcome["pointsAfter"]
    refund = amounts.money(answer.summary, answer.refunded_minor)
    return Json(
        outcome
        | {"playerStatus": views_people.entry_status(answer.entry, answer.summary), "refundAmount": refund}
    )


@router.get("/players/{player}/trace")
async def get_trace(tournament_id: str, player: str, request: Request, home: Home) -> Json:
    """Every fact and correction of a player with the points that it gave; they add up to the score. For
    keys with `results.read`, and for the player's own token."""
    summary, guest = await reader(request, home, tournament_id, "results.read")
    if guest is not None and player not in (guest.player_id, guest.user_id, guest.internal_player_id):
        raise player_not_found(summary.id, player)
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(TRACE_PAGE_DEFAULT, TRACE_PAGE_MAX)
    basis = await ask(home, summary, ReadTraceBasis(player), TraceBasis)
    lines = await home.pasts.trace(summary.id, basis)
    return Json(
        {
            "tournamentId": summary.id,
            "playerId": basis.entry.player_id,
            "userId": basis.entry.user_id,
            "rulesVersion": basis.entry.rules_version,
            "points": points_to_decimal(basis.entry.points),
            "lines": [_line(line) for line in lines[offset : offset + limit]],
            "pagination": views.pagination(len(lines), limit, offset),
        }
    )


def _line(line: TraceLine) -> dict[str, Any]:
    told = {
        "sequence": line.seq,
        "receivedAt": instant(line.at_ms),
        "kind": line.kind,
        "why": line.why,
        "points": points_to_decimal(line.points),
    }
    fact = line.fact
    if fact is None:
        return told
    numbers = {"bet": fact.bet, "win": fact.win, "multiplier": fact.multiplier}
    return (
        told
        | {
            "eventId": fact.event_id,
            "value": points_to_decimal(line.value),
            "roundId": fact.round_id,
            "game": fact.game,
            "openedAt": instant_or_none(fact.opened_at_ms),
            "occurredAt": instant_or_none(fact.occurred_at_ms),
        }
        | {name: points_or_none(value) for name, value in numbers.items()}
    )
