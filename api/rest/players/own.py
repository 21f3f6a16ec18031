"""What became of a player, for the player's own token: good until it ends, also for who is out."""

from fastapi import APIRouter, Request

from actors.replies import Place
from actors.requests import ReadPlaces
from api.access.credentials import credential_of, is_key
from api.access.dependencies import Ctx
from api.access.idempotency import OnceRoute
from api.answers import amounts, views_people
from api.answers.views_people import own_payouts
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.query import NoParams
from api.rest.players.responses import OwnEntry
from api.tournaments.owner_client import ask
from api.tournaments.viewers import reader
from server.domain.money import points_to_decimal
from server.domain.tournament.summary import EntryRow, Summary
from server.encoding.wire import instant

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/players", tags=["Players"])


@router.get("/me")
async def get_own_entry(tournament_id: str, request: Request, ctx: Ctx, _: NoParams) -> Json[OwnEntry]:
    """With a player's token: the entry, where it stands or ended, and what is owed to the player. Place,
    points and prize are null while there are none, and for who is off the board."""
    if is_key(credential_of(request.headers)):
        raise ApiError(DoorCode.UNAUTHORIZED, "This is for a player's token; keys read players by their id")
    summary, entry = await reader(request, ctx, tournament_id, "players.read")
    assert entry is not None, "a player's token names one"
    places = await ask(ctx, summary, ReadPlaces((entry.player_no,)))
    return Json(_own(summary, entry, places[0]))


def _own(summary: Summary, entry: EntryRow, place: Place) -> OwnEntry:
    is_placed = place.position > 0
    return OwnEntry(
        tournament_id=summary.id,
        tournament_status=summary.status,
        results_status=summary.results_status,
        cancel_reason=summary.cancel_reason,
        player_id=entry.player_id,
        user_id=entry.user_id,
        display_name=entry.display_name,
        status=views_people.entry_status(entry, summary),
        registered_at=instant(entry.registered_at_ms),
        rules_version=entry.rules_version,
        entries=sum(sale.entries for sale in entry.sales),
        eliminated_in_round=entry.eliminated_round,
        currency=summary.rules.currency,
        position=place.position if is_placed else None,
        rank=place.rank if is_placed else None,
        points=points_to_decimal(place.points) if is_placed else None,
        prize=amounts.money(summary, place.prize_minor) if is_placed else None,
        payouts=own_payouts(place.payouts, summary),
    )
