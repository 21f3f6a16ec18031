"""`GET /api/tournaments/{id}/fairness`: for everyone who may see the tournament."""

from fastapi import APIRouter, Request

from actors.requests import ReadRoom
from api.access.credentials import credential_of
from api.access.dependencies import Ctx
from api.access.idempotency import OnceRoute
from api.context.context import Context
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.query import ListParams
from api.rest.fairness.responses import Beacon, Entrants, FairFlight, FairGame, Fairness, OperatorRooms
from api.tournaments.owner_client import ask
from api.tournaments.viewers import reader
from server.domain.rooms import fairness
from server.domain.rooms.beacon import BEACONS, randomness_of
from server.domain.rooms.game import Game
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.rules.room_rules import RoomRules
from server.domain.tournament.state import RoomRecord
from server.domain.tournament.summary import Summary
from server.encoding.answer import pagination
from server.encoding.wire import instant
from server.encoding.wire_names import to_camel
from server.ports import RoomCounts
from server.runtime.seals import CannotUnseal

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}", tags=["Results"])


@router.get("/fairness")
async def get_fairness(tournament_id: str, request: Request, ctx: Ctx, query: ListParams) -> Json[Fairness]:
    """Commitment, salt and the revealed flights, newest first, of a tournament that is played here. Public for
    public tournaments; else with a key that has `results.read`, or with a token of a player."""
    summary = await _visible(request, ctx, tournament_id)
    rules = summary.rules.room
    if rules is None:
        raise ApiError(DoorCode.NOT_FOUND, "This tournament is not played in a room of ours")
    record = await _record(ctx, summary)
    counts = await ctx.room_look.find(summary.tenant)
    seed = await _seed(ctx, summary, record)
    flights = _flights(ctx.games.get(summary.rules.game_slug), rules, record, query)
    return Json(
        Fairness(
            tournament_id=summary.id,
            game=_game(ctx, summary.rules.game_slug, record.version),
            commitment=rules.commitment,
            links=rules.links,
            entrants=_entrants(record),
            salt=record.salt or None,
            salt_chosen_by="beacon" if rules.beacon else "house",
            beacon=_beacon(rules, record),
            settings={to_camel(name): value for name, value in rules.settings},
            seed=None if seed is None else seed.hex(),
            flights=flights,
            pagination=pagination(record.link_flight, query.limit, query.offset),
            operator=_operator(counts),
        )
    )


async def _visible(request: Request, ctx: Context, tournament_id: str) -> Summary:
    """Without a credential a private tournament is like one that does not exist: log in."""
    if credential_of(request.headers) is None:
        public = await ctx.public_look.find(tournament_id)
        if public is not None:
            request.state.shown_of = public.tenant.operator_id
            return public
    return (await reader(request, ctx, tournament_id, "results.read"))[0]


async def _record(ctx: Context, summary: Summary) -> RoomRecord:
    """From the owner while it plays, from the journal afterwards; before the start there is nothing yet."""
    if summary.status in (Status.SCHEDULED, Status.OPEN):
        return RoomRecord()
    if summary.status is Status.IN_PROGRESS:
        return await ask(ctx, summary, ReadRoom())

    async def read() -> RoomRecord:
        return (await ctx.history.state(summary.id))[0].room

    return await ctx.room_records.find(summary.id, read)


async def _seed(ctx: Context, summary: Summary, record: RoomRecord) -> bytes | None:
    """The whole chain, once nothing will be drawn from it any more."""
    if not is_over(summary.status) or record.in_air:
        return None
    sealed = await ctx.books.room_seed(summary.id)
    try:
        return None if sealed is None or ctx.seals is None else ctx.seals.open(summary.id, sealed)
    except (CannotUnseal, OSError):
        return None


def _flights(
    game: type[Game] | None, rules: RoomRules, record: RoomRecord, query: ListParams
) -> list[FairFlight]:
    """The newest first: each link is the hash of the one behind it."""
    settings = dict(rules.settings)
    links = fairness.links_below(record.link_flight, record.link, query.offset, query.limit)
    flights = []
    for flight, link in links:
        drawn = fairness.draw(record.salt, link)
        proves = {} if game is None else dict(game.proves(drawn, settings))
        flights.append(FairFlight(flight=flight, link=link.hex(), first_draw=str(drawn), proves=proves))
    return flights


def _game(ctx: Context, slug: str, version: str) -> FairGame:
    installed = ctx.installed.get(slug)
    return FairGame(
        slug=slug,
        version=version or None,
        package=None if installed is None else installed.package,
        package_version=None if installed is None else installed.package_version,
        files_sha256=None if installed is None else installed.files_sha256,
    )


def _beacon(rules: RoomRules, record: RoomRecord) -> Beacon | None:
    if not rules.beacon:
        return None
    chain, number = BEACONS[rules.beacon], record.beacon_round or None
    signature = bytes.fromhex(record.beacon) or None
    return Beacon(
        name=chain.name,
        chain_hash=chain.hash,
        public_key=chain.public_key,
        round=number,
        at=None if number is None else instant(chain.instant_of(number)),
        signature=None if signature is None else signature.hex(),
        randomness=None if signature is None else randomness_of(signature).hex(),
    )


def _entrants(record: RoomRecord) -> Entrants | None:
    if not record.entrants_digest:
        return None
    return Entrants(count=record.entrants, sha256=record.entrants_digest.hex())


def _operator(counts: RoomCounts) -> OperatorRooms:
    return OperatorRooms(
        committed=counts.committed,
        started=counts.started,
        cancelled_after_start=counts.cancelled_after_start,
    )
