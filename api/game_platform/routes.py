"""What game platforms call: facts in, and what a game needs to know. Under `/api/internal` and `/internal`."""

from fastapi import APIRouter, Request
from msgspec import UNSET

from actors.requests import request_of
from api.access.dependencies import (
    Ctx,
    PlatformPlayers,
    PlatformRead,
    PlatformScores,
)
from api.access.idempotency import OnceRoute
from api.answers import views, views_people
from api.answers.people_answers import RemovedPlayer
from api.answers.tournament_answers import CreatedTournament, Tournament, TournamentStatus
from api.context.player_tokens import PERMISSIONS
from api.game_platform.requests import PaceBody
from api.game_platform.responses import (
    PlatformPlayer,
    PlatformPlayerList,
    ReportedFacts,
    RoundAnswer,
    TokenAnswer,
    WhyInvalid,
)
from api.http.body import parse, read_json
from api.http.errors import invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.players.requests import PlayersParams, TokenBody
from api.rest.tournaments.create import create, read_create
from api.rest.tournaments.requests import CreateBody
from api.tournaments.fact_decoder import parse_facts
from api.tournaments.fact_requests import FactsBody
from api.tournaments.owner_client import (
    ask,
    find,
    find_known,
    identity,
    report,
)
from api.tournaments.viewers import Viewer, player_of
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import Status, is_over
from server.encoding.answer import pagination
from server.encoding.wire import instant

router = APIRouter(route_class=OnceRoute, tags=["Game platforms"])


@router.post("/tournaments/{tournament_id}/events", openapi_extra=body_of(FactsBody))
async def report_facts(
    tournament_id: str, request: Request, ctx: Ctx, caller: PlatformScores
) -> Json[ReportedFacts]:
    """Report up to 1,000 facts. The answer comes when the accepted ones are durable, one line a fact.

    A repeated `event_id` is a `duplicate`: it was counted once, whatever else it says now. A fact that cannot
    be read is `invalid`, with `details`; the others are taken.
    """
    summary = await find_known(ctx, caller, tournament_id)
    reported = await report(ctx, summary, await parse_facts(request))
    accepted = sum(one.status == "accepted" for one in reported)
    return Json(ReportedFacts(tournament_id=summary.id, accepted=accepted, results=reported))


@router.post("/tournaments", status_code=201, openapi_extra=body_of(CreateBody))
async def create_hop_on_off(request: Request, ctx: Ctx, caller: PlatformPlayers) -> Json[CreatedTournament]:
    """Create a hop-on/off tournament: `startCondition` is `min_players_reached`, there is no start time."""
    body = await read_json(request)
    parsed, fields = read_create(body, ctx, caller)
    if fields.get("format") != "hop_on_off":
        raise invalid({parsed.path("start_condition"): "Must be min_players_reached"})
    return Json(views.created(await create(request, ctx, caller, body)), status_code=201)


@router.post("/tournaments/{tournament_id}/rounds", openapi_extra=body_of(PaceBody))
async def pace_round(
    tournament_id: str, request: Request, ctx: Ctx, caller: PlatformScores
) -> Json[RoundAnswer]:
    """End the running round, or start the next one after the grace, where the game paces the rounds.

    What is so already changes nothing.
    """
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, PaceBody)
    parsed.raise_faults()
    command = commands.PaceRound(parsed.values["action"], parsed.values["round"])
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    return Json(
        RoundAnswer(
            tournament_id=summary.id,
            status=answer.summary.status,
            current_round=answer.summary.round_no,
            total_rounds=views.rounds_of(answer.summary)["total"],
            round_state=answer.summary.round_state,
            players_left=answer.summary.in_play,
        )
    )


@router.delete("/tournaments/{tournament_id}/players/{player}")
async def leave_lobby(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlatformPlayers
) -> Json[RemovedPlayer]:
    """A player leaves before the start and gets everything back; in play that is refused."""
    summary = await find(ctx, caller, tournament_id)
    command = commands.Remove(player, "left the lobby", only_before_start=True)
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, {})))
    return Json(views_people.removed(answer))


@router.get("/tournaments/{tournament_id}/config")
async def get_tournament_config(tournament_id: str, ctx: Ctx, caller: PlatformRead) -> Json[Tournament]:
    """The rules of a tournament."""
    summary = await find(ctx, caller, tournament_id)
    return Json(views.detail(summary, ctx.clock.now_ms()))


@router.get("/tournaments/{tournament_id}/status")
async def get_tournament_progress(
    tournament_id: str, ctx: Ctx, caller: PlatformRead
) -> Json[TournamentStatus]:
    """The state of a tournament."""
    summary = await find(ctx, caller, tournament_id)
    return Json(views.status(summary, ctx.clock.now_ms(), await ctx.hub.connections(summary)))


@router.get("/tournaments/{tournament_id}/players")
async def list_tournament_players(
    tournament_id: str, request: Request, ctx: Ctx, caller: PlatformRead, query: PlayersParams
) -> Json[PlatformPlayerList]:
    """The players of a tournament, without what they paid."""
    summary = await find(ctx, caller, tournament_id)
    limit, offset = query.limit, query.offset
    total, rows = await ctx.listings.players(caller.tenant, tournament_id, limit, offset)
    players = [
        PlatformPlayer(
            player_id=row.player_id,
            internal_player_id=row.internal_player_id,
            display_name=row.display_name,
            status=views_people.entry_status(row, summary),
            entries=sum(sale.entries for sale in row.sales),
        )
        for row in rows
    ]
    paging = pagination(total, limit, offset)
    return Json(PlatformPlayerList(tournament_id=summary.id, players=players, pagination=paging))


@router.post("/auth/validate-token", openapi_extra=body_of(TokenBody))
async def validate_token(request: Request, ctx: Ctx, caller: PlatformRead) -> Json[TokenAnswer]:
    """Whether a player token opens anything now, and what: `play` only while the player is in play. Else
    `reason` says why. Foreign tokens are as good as forged."""
    parsed = parse(await read_json(request), TokenBody)
    parsed.raise_faults()
    viewer = await player_of(ctx, parsed.values["token"])
    if viewer is None or viewer.summary.tenant != caller.tenant:
        return Json(TokenAnswer(valid=False, reason="invalid_or_expired"))
    return Json(_token_answer(viewer))


def _token_answer(viewer: Viewer) -> TokenAnswer:
    summary, entry, why = viewer.summary, viewer.entry, _why_out(viewer)
    answer = TokenAnswer(
        valid=why is None,
        reason=why or UNSET,
        tournament_id=summary.id,
        internal_player_id=entry.internal_player_id,
        external_user_id=entry.user_id,
        display_name=entry.display_name,
        tournament_status=summary.status,
        player_status=views_people.entry_status(entry, summary),
    )
    if why is None:
        answer.permissions = [name for name in PERMISSIONS if name != "play" or _may_play(viewer)]
        answer.expires_at = instant(viewer.expires_at_s * 1_000)
    return answer


def _why_out(viewer: Viewer) -> WhyInvalid | None:
    if viewer.entry.disqualified:
        return "player_disqualified"
    if viewer.entry.removed:
        return "player_removed"
    return "tournament_cancelled" if viewer.summary.status is Status.CANCELLED else None


def _may_play(viewer: Viewer) -> bool:
    return viewer.entry.eliminated_round is None and not is_over(viewer.summary.status)
