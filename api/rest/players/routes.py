"""Players of a tournament: register, list, read, remove, rebuy, fresh tokens."""

from typing import Any

from fastapi import APIRouter, Request

from actors.replies import EntryAnswer
from api.access.dependencies import Home, PlayersRead, PlayersWrite
from api.access.idempotency import OnceRoute
from api.context.context import Resources
from api.context.key_cache import Caller
from api.context.player_tokens import access, ends_ms, without_token
from api.http.body import (
    Model,
    Parsed,
    parse,
    read_json,
)
from api.http.errors import player_not_found
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import Query
from api.rest.players.requests import (
    AddOnSaleBody,
    RebuyBody,
    RegisterBody,
    RemoveBody,
)
from api.rest.tournaments.pool_mapping import minor
from api.tournaments import amounts, lobby, views, views_people
from api.tournaments.owner_client import ask, find, order
from config.limits import PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX
from server.domain.ids import PlayerId
from server.domain.tournament import commands as do
from server.domain.tournament.summary import EntryRow, Summary
from server.encoding.wire import instant

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/players", tags=["Players"])


@router.post("", status_code=201, openapi_extra=body_of(RegisterBody))
async def register_player(tournament_id: str, request: Request, home: Home, caller: PlayersWrite) -> Json:
    """Sell a first entry. Answers with the player's token and game URL under the game's slug."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, RegisterBody, summary)
    parsed.raise_faults()
    given = parsed.values
    command = do.Register(
        user_id=given["user_id"],
        player_id=PlayerId(home.ids.player_id()),
        display_name=given.get("display_name") or given["user_id"],
        **_paid(parsed),
    )
    answer = await lobby.register(home, caller, summary, order(request, home, caller, command, body))
    game_url = caller.operator.games.get(summary.rules.game_slug, "")
    told = _registered(answer.entry, answer.summary, home, game_url)
    request.state.kept_body = without_token(told, summary.rules.game_slug)
    return Json(told, status_code=201)


def _registered(entry: EntryRow, summary: Summary, home: Resources, game_url: str) -> dict[str, Any]:
    return {
        "player_id": entry.player_id,
        "internal_player_id": entry.internal_player_id,
        "tournament_id": summary.id,
        "status": views_people.entry_status(entry, summary),
        "userId": entry.user_id,
        "displayName": entry.display_name,
        "registeredAt": instant(entry.registered_at_ms),
        "rulesVersion": entry.rules_version,
        "tokenExpiresAt": instant(ends_ms(summary, home.clock.now_ms())),
        summary.rules.game_slug: _access(entry, summary, home, game_url),
    }


def _access(entry: EntryRow, summary: Summary, home: Resources, game_url: str) -> dict[str, str]:
    token = home.tokens.mint(entry, summary, views.room_id(summary.id), home.clock.now_ms())
    return access(token, game_url)


def _payment(body: Any, model: type[Model], summary: Summary) -> Parsed:
    """A body that says what was paid, in one of two places. `paid_minor` is added to its values."""
    parsed = parse(body, model)
    inner = parsed.values.get("entry_payment_details") or {}
    amount, nested = parsed.values.get("buy_in_amount"), inner.get("amount")
    path = parsed.path("buy_in_amount")
    if amount is not None and nested is not None and amount != nested:
        parsed.faults[path] = f"Contradicts {parsed.spelled['entry_payment_details.amount']}"
    paid = nested if amount is None else amount
    if paid is not None:
        places = summary.rules.currency_places
        parsed.values["paid_minor"] = minor(paid, places, path, parsed.faults)
    parsed.values.setdefault("payment_id", inner.get("payment_id"))
    return parsed


def _paid(parsed: Parsed) -> dict[str, Any]:
    """What every sale says of its payment."""
    given = parsed.values
    return {
        "paid_minor": given.get("paid_minor"),
        "payment_id": given.get("payment_id"),
        "tender": given.get("tender", "cash"),
    }


@router.get("")
async def list_players(tournament_id: str, request: Request, home: Home, caller: PlayersRead) -> Json:
    """All players in registration order, removed ones marked."""
    summary = await find(home, caller, tournament_id)
    with Query(request, "limit", "offset") as query:
        limit, offset = query.page(PLAYERS_PAGE_DEFAULT, PLAYERS_PAGE_MAX)
    total, rows = await home.listings.players(caller.tenant, tournament_id, limit, offset)
    return Json(
        {
            "tournamentId": summary.id,
            "players": [views_people.player(row, summary) for row in rows],
            "pagination": views.pagination(total, limit, offset),
        }
    )


@router.get("/{player}")
async def get_player(tournament_id: str, player: str, home: Home, caller: PlayersRead) -> Json:
    """One player, by player id, internal player id or user id."""
    summary = await find(home, caller, tournament_id)
    entry = await home.listings.entry(caller.tenant, tournament_id, player)
    return Json(views_people.player(_known(entry, summary, player), summary))


def _known(entry: EntryRow | None, summary: Summary, player: str) -> EntryRow:
    if entry is None:
        raise player_not_found(summary.id, player)
    return entry


@router.delete("/{player}", openapi_extra=body_of(RemoveBody))
async def remove_player(
    tournament_id: str, player: str, request: Request, home: Home, caller: PlayersWrite
) -> Json:
    """Take a player out: refunded in full before the start, forfeited during play."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, RemoveBody)
    parsed.raise_faults()
    command = do.Remove(player, RemoveBody(**parsed.values).reason)
    answer = await ask(home, summary, order(request, home, caller, command, body), EntryAnswer)
    return Json(views_people.removed(answer) | {"userId": answer.entry.user_id})


@router.post("/{player}/rebuy", openapi_extra=body_of(RebuyBody))
async def rebuy(tournament_id: str, player: str, request: Request, home: Home, caller: PlayersWrite) -> Json:
    """Sell further entries during play, all or nothing."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, RebuyBody, summary)
    parsed.raise_faults()
    command = do.Rebuy(player, parsed.values.get("additional_entries", 1), **_paid(parsed))
    return await _sold(request, home, caller, summary, command, body)


@router.post("/{player}/add-on", openapi_extra=body_of(AddOnSaleBody))
async def add_on(tournament_id: str, player: str, request: Request, home: Home, caller: PlayersWrite) -> Json:
    """Sell the add-on to a player in play."""
    summary = await find(home, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, AddOnSaleBody, summary)
    parsed.raise_faults()
    command = do.BuyAddOn(player, **_paid(parsed))
    return await _sold(request, home, caller, summary, command, body)


async def _sold(
    request: Request,
    home: Resources,
    caller: Caller,
    summary: Summary,
    command: do.Rebuy | do.BuyAddOn,
    body: Any,
) -> Json:
    answer = await ask(home, summary, order(request, home, caller, command, body), EntryAnswer)
    pool = {"totalAmount": amounts.money(summary, answer.summary.pool_minor)}
    return Json(
        views_people.player(answer.entry, answer.summary)
        | {"tournamentId": summary.id, "prizePool": pool | {"currency": summary.rules.currency}}
    )


@router.post("/{player}/token")
async def fresh_token(
    tournament_id: str, player: str, request: Request, home: Home, caller: PlayersWrite
) -> Json:
    """A fresh token for a registered player."""
    summary = await find(home, caller, tournament_id)
    found = await home.listings.entry(caller.tenant, tournament_id, player)
    entry = _known(found, summary, player)
    if entry.removed:
        raise player_not_found(summary.id, player, "was removed")
    game_url = caller.operator.games.get(summary.rules.game_slug, "")
    slug = summary.rules.game_slug
    ends = instant(ends_ms(summary, home.clock.now_ms()))
    body = {
        "player_id": entry.player_id,
        "tokenExpiresAt": ends,
        slug: _access(entry, summary, home, game_url),
    }
    request.state.kept_body = without_token(body, slug)
    return Json(body)
