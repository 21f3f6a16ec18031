"""What game platforms call: facts in, and what a game needs to know. Under `/api/internal` and `/internal`."""

from fastapi import APIRouter, Request

from actors.replies import EntryAnswer, TournamentAnswer
from api import views, views_people
from api.answers import Json
from api.auth import Home, PlatformPlayers, PlatformRead, PlatformScores
from api.body import parse, read_json
from api.creation import create, read_create
from api.errors import invalid
from api.facts import parse_facts
from api.once import OnceRoute
from api.openapi import body_of
from api.owner import ask, find, find_known, order, report
from api.query import Query
from api.schemas.players import TokenBody
from api.schemas.rounds import PaceBody
from api.schemas.tournaments import CreateBody
from config.limits import PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands as do
from server.wire import instant

router = APIRouter(route_class=OnceRoute, tags=["Game platforms"])


@router.post("/tournaments/{tournament_id}/events")
async def report_facts(tournament_id: str, request: Request, home: Home, caller: PlatformScores) -> Json:
    """Report up to 1,000 facts. The answer comes when the accepted ones are durable, one line a fact.

    A repeated `event_id` is a `duplicate`: it was counted once, whatever else it says now.
    """
    summary = await find_known(home, caller, tournament_id)
    facts = await parse_facts(request)
    outcomes = await report(home, summary, facts)
    lines = [
        {"event_id": fact.event_id, "status": outcome.name.lower()}
        for fact, outcome in zip(facts, outcomes, strict=True)
    ]
    accepted = outcomes.count(Outcome.ACCEPTED)
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
    """Whether a player token is valid now, and what it says. Foreign tokens are as good as forged."""
    parsed = parse(await read_json(request), TokenBody)
    parsed.raise_faults()
    claims = home.tokens.verify(parsed.values["token"], home.clock.now_ms())
    mine = claims is not None and claims.operator_id == caller.tenant.operator_id
    summary = await home.listings.find(caller.tenant, claims.tournament_id) if claims and mine else None
    if claims is None or summary is None:
        return Json({"valid": False})
    return Json(
        {
            "valid": True,
            "tournament_id": claims.tournament_id,
            "internal_player_id": claims.internal_player_id,
            "external_user_id": claims.user_id,
            "display_name": claims.display_name,
            "permissions": list(claims.permissions),
            "expiresAt": instant(claims.expires_at_s * 1_000),
        }
    )
