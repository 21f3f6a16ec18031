"""What game platforms call: facts in, and what a game needs to know. Under `/api/internal` and `/internal`."""

from fastapi import APIRouter, Request

from actors.replies import EntryAnswer, TournamentAnswer
from api.access.dependencies import (
    Home,
    PlatformPlayers,
    PlatformRead,
    PlatformScores,
)
from api.access.idempotency import OnceRoute
from api.context.player_tokens import PERMISSIONS
from api.game_platform.requests import PaceBody
from api.http.body import parse, read_json
from api.http.errors import invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.players.requests import TokenBody
from api.rest.tournaments.create import create, read_create
from api.rest.tournaments.requests import CreateBody
from api.tournaments import views, views_people
from api.tournaments.fact_decoder import parse_facts
from api.tournaments.owner_client import (
    ACCEPTED,
    ask,
    find,
    find_known,
    order,
    report,
)
from api.tournaments.viewers import Guest, player_of
from config.limits import PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX
from server.domain.tournament import commands as do
from server.domain.tournament.lifecycle import Status, is_over
from server.encoding.wire import instant

router = APIRouter(route_class=OnceRoute, tags=["Game platforms"])


@router.post("/tournaments/{tournament_id}/events")
async def report_facts(tournament_id: str, request: Request, home: Home, caller: PlatformScores) -> Json:
    """Report up to 1,000 facts. The answer comes when the accepted ones are durable, one line a fact.

    A repeated `event_id` is a `duplicate`: it was counted once, whatever else it says now. A fact that cannot
    be read is `invalid`, with `details`; the others are taken.
    """
    summary = await find_known(home, caller, tournament_id)
    reported = await report(home, summary, await parse_facts(request))
    accepted = sum(one.status == ACCEPTED for one in reported)
    lines = [one.told() for one in reported]
    return Json({"tournamentId": summary.id, "accepted": accepted, "results": lines})


@router.post("/tournaments", status_code=201, openapi_extra=body_of(CreateBody))
async def create_hop_on_off(request: Request, home: Home, caller: PlatformPlayers) -> Json:
    """Create a hop-on/off tournament: `startCondition` is `min_players_reached`, there is no start time."""
    body = await read_json(request)
    parsed, fields = read_create(body, home, caller)
    if fields.get("format") != "hop_on_off":
        raise invalid({parsed.path("start_condition"): "Must be min_players_reached"})
    return Json(views.created(await create(request, home, caller, body)), status_code=201)


@router.post("/tournaments/{tournament_id}/rounds", openapi_extra=body_of(PaceBody))
async def pace_round(tournament_id: str, request: Request, home: Home, caller: PlatformScores) -> Json:
    """End the running round, or start the next one after the grace, where the game paces the rounds.

    What is so already changes nothing.
    """
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, PaceBody)
    parsed.raise_faults()
    command = do.PaceRound(parsed.values["action"], parsed.values["round"])
    answer = await ask(home, summary, order(request, home, caller, command, body), TournamentAnswer)
    return Json(
        {
            "tournamentId": summary.id,
            "status": answer.summary.status.value,
            "currentRound": answer.summary.round_no,
            "totalRounds": views.rounds_of(answer.summary)["total"],
            "roundState": answer.summary.round_state,
            "playersLeft": answer.summary.in_play,
        }
    )


@router.delete("/tournaments/{tournament_id}/players/{player}")
async def leave_lobby(
    tournament_id: str, player: str, request: Request, home: Home, caller: PlatformPlayers
) -> Json:
    """A player leaves before the start and gets everything back; in play that is refused."""
    summary = await find(home, caller, tournament_id)
    command = do.Remove(player, "left the lobby", only_before_start=True)
    answer = await ask(home, summary, order(request, home, caller, command, {}), EntryAnswer)
    return Json(views_people.removed(answer))


@router.get("/tournaments/{tournament_id}/config")
async def get_config(tournament_id: str, home: Home, caller: PlatformRead) -> Json:
    """The rules of a tournament."""
    summary = await find(home, caller, tournament_id)
    return Json(views.detail(summary, home.clock.now_ms()))


@router.get("/tournaments/{tournament_id}/status")
async def get_status(tournament_id: str, home: Home, caller: PlatformRead) -> Json:
    """The state of a tournament."""
    summary = await find(home, caller, tournament_id)
    return Json(views.status(summary, home.clock.now_ms(), await home.hub.connections(summary)))


@router.get("/tournaments/{tournament_id}/players")
async def get_players(tournament_id: str, request: Request, home: Home, caller: PlatformRead) -> Json:
    """The players of a tournament, without what they paid."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX)
    total, rows = await home.listings.players(caller.tenant, tournament_id, limit, offset)
    players = [
        {
            "playerId": row.player_id,
            "internalPlayerId": row.internal_player_id,
            "displayName": row.display_name,
            "status": views_people.entry_status(row, summary),
            "entries": sum(sale.entries for sale in row.sales),
        }
        for row in rows
    ]
    paging = views.pagination(total, limit, offset)
    return Json({"tournamentId": summary.id, "players": players, "pagination": paging})


@router.post("/auth/validate-token", openapi_extra=body_of(TokenBody))
async def validate_token(request: Request, home: Home, caller: PlatformRead) -> Json:
    """Whether a player token opens anything now, and what: `play` only while the player is in play. Else
    `reason` says why. Foreign tokens are as good as forged."""
    parsed = parse(await read_json(request), TokenBody)
    parsed.raise_faults()
    guest = await player_of(home, parsed.values["token"])
    if guest is None or guest.summary.tenant != caller.tenant:
        return Json({"valid": False, "reason": "invalid_or_expired"})
    summary, entry = guest.summary, guest.entry
    told = {
        "tournament_id": summary.id,
        "internal_player_id": entry.internal_player_id,
        "external_user_id": entry.user_id,
        "display_name": entry.display_name,
        "tournamentStatus": summary.status.value,
        "playerStatus": views_people.entry_status(entry, summary),
    }
    if why := _why_out(guest):
        return Json({"valid": False, "reason": why} | told)
    permissions = [name for name in PERMISSIONS if name != "play" or _may_play(guest)]
    ends = instant(guest.expires_at_s * 1_000)
    return Json({"valid": True} | told | {"permissions": permissions, "expiresAt": ends})


def _why_out(guest: Guest) -> str | None:
    if guest.entry.disqualified:
        return "player_disqualified"
    if guest.entry.removed:
        return "player_removed"
    return "tournament_cancelled" if guest.summary.status is Status.CANCELLED else None


def _may_play(guest: Guest) -> bool:
    return guest.entry.eliminated_round is None and not is_over(guest.summary.status)
