"""Players of a tournament: register, list, read, remove, rebuy, fresh tokens."""

from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request

from actors.requests import request_of
from api.access.dependencies import Ctx, PlayersRead, PlayersWrite
from api.access.idempotency import OnceRoute
from api.answers import amounts, views, views_people
from api.answers.money_answers import PoolTotal
from api.answers.people_answers import Player, PlayerAfterSale, RemovedPlayer
from api.context.context import Context
from api.context.kept_tokens import GameAccess, GameAccessOf, access_of, without_token
from api.context.key_cache import Caller
from api.context.player_tokens import ends_ms
from api.http.body import (
    Model,
    Parsed,
    parse,
    read_json,
)
from api.http.errors import player_not_found
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.players.requests import (
    AddOnSaleBody,
    FreshTokenBody,
    PlayersParams,
    RebuyBody,
    RegisterBody,
    RemoveBody,
)
from api.rest.players.responses import PlayerList, PlayerToken, RegisteredPlayer
from api.rest.tournaments.pool_mapping import minor
from api.tournaments import lobby
from api.tournaments.owner_client import ask, find, identity
from api.tournaments.play_page import PLAYABLE, base_url, play_url
from server.domain.ids import PlayerId
from server.domain.tournament import commands
from server.domain.tournament.summary import EntryRow, Summary
from server.encoding.answer import extended, flat, pagination
from server.encoding.wire import instant

router = APIRouter(route_class=OnceRoute, prefix="/api/tournaments/{tournament_id}/players", tags=["Players"])


@router.post("", status_code=201, openapi_extra=body_of(RegisterBody))
async def register_player(
    tournament_id: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[RegisteredPlayer]:
    """Sell a first entry. Answers with the player's token and game URL under the game's slug."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, RegisterBody, summary)
    parsed.raise_faults()
    given, player_id = parsed.values, PlayerId(ctx.ids.player_id())
    command = commands.Register(
        user_id=given["user_id"],
        player_id=player_id,
        display_name=given.get("display_name") or _nameless(player_id),
        **_paid(parsed),
    )
    message = request_of(command, identity(request, ctx, caller, body))
    answer = await lobby.register(ctx, caller, summary, message)
    answered = _registered(answer.entry, answer.summary, ctx, _game_url(request, ctx, caller, summary))
    request.state.kept_body = without_token(answered, answered.games[0])
    return Json(flat(answered), status_code=201)


def _nameless(player_id: str) -> str:
    """How a player is called in public who has no name: never by the casino's user id."""
    return f"Player {1_000 + int.from_bytes(sha256(player_id.encode()).digest()[:4], 'big') % 9_000}"


def _registered(entry: EntryRow, summary: Summary, ctx: Context, game_url: str) -> RegisteredPlayer:
    access, games = _access(entry, summary, ctx, game_url)
    return RegisteredPlayer(
        player_id=entry.player_id,
        internal_player_id=entry.internal_player_id,
        tournament_id=summary.id,
        status=views_people.entry_status(entry, summary),
        user_id=entry.user_id,
        display_name=entry.display_name,
        registered_at=instant(entry.registered_at_ms),
        rules_version=entry.rules_version,
        token_expires_at=instant(ends_ms(summary, ctx.clock.now_ms())),
        more=access,
        games=games,
    )


def _game_url(request: Request, ctx: Context, caller: Caller, summary: Summary) -> str:
    """Our own page where we have one for a game that is played here; else the operator's."""
    slug = summary.rules.game_slug
    if summary.rules.room is not None and slug in PLAYABLE:
        return play_url(base_url(request, ctx), slug, summary.id)
    return caller.operator.games.get(slug, "")


def _access(
    entry: EntryRow, summary: Summary, ctx: Context, game_url: str, generation: int = 0
) -> tuple[dict[str, GameAccess | None], list[GameAccessOf]]:
    """A fresh token with the operator's game URL, under the game's slug and as a list."""
    token = ctx.tokens.mint(entry, summary, views.room_id(summary.id), ctx.clock.now_ms(), generation)
    return access_of(summary.rules.game_slug, token, game_url.replace("{jwt}", token))


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
async def list_players(
    tournament_id: str, request: Request, ctx: Ctx, caller: PlayersRead, query: PlayersParams
) -> Json[PlayerList]:
    """All players in registration order, removed ones marked."""
    summary = await find(ctx, caller, tournament_id)
    limit, offset = query.limit, query.offset
    total, rows = await ctx.listings.players(caller.tenant, tournament_id, limit, offset)
    return Json(
        PlayerList(
            tournament_id=summary.id,
            players=[views_people.player(row, summary) for row in rows],
            pagination=pagination(total, limit, offset),
        )
    )


@router.get("/{player}")
async def get_player(tournament_id: str, player: str, ctx: Ctx, caller: PlayersRead) -> Json[Player]:
    """One player, by player id, internal player id or user id."""
    summary = await find(ctx, caller, tournament_id)
    entry = await ctx.listings.entry(caller.tenant, tournament_id, player)
    return Json(views_people.player(_known(entry, summary, player), summary))


def _known(entry: EntryRow | None, summary: Summary, player: str) -> EntryRow:
    if entry is None:
        raise player_not_found(summary.id, player)
    return entry


@router.delete("/{player}", openapi_extra=body_of(RemoveBody))
async def remove_player(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[RemovedPlayer]:
    """Take a player out: refunded in full before the start, forfeited during play."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = parse(body, RemoveBody)
    parsed.raise_faults()
    command = commands.Remove(player, RemoveBody(**parsed.values).reason)
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    player_removed = views_people.removed(answer)
    player_removed.user_id = answer.entry.user_id
    return Json(player_removed)


@router.post("/{player}/rebuy", openapi_extra=body_of(RebuyBody))
async def sell_rebuy(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[PlayerAfterSale]:
    """Sell further entries during play, all or nothing."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, RebuyBody, summary)
    parsed.raise_faults()
    command = commands.Rebuy(player, parsed.values.get("additional_entries", 1), **_paid(parsed))
    return await _sold(request, ctx, caller, summary, command, body)


@router.post("/{player}/add-on", openapi_extra=body_of(AddOnSaleBody))
async def sell_add_on(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[PlayerAfterSale]:
    """Sell the add-on to a player in play."""
    summary = await find(ctx, caller, tournament_id)
    body = await read_json(request)
    parsed = _payment(body, AddOnSaleBody, summary)
    parsed.raise_faults()
    command = commands.BuyAddOn(player, **_paid(parsed))
    return await _sold(request, ctx, caller, summary, command, body)


async def _sold(
    request: Request,
    ctx: Context,
    caller: Caller,
    summary: Summary,
    command: commands.Rebuy | commands.BuyAddOn,
    body: Any,
) -> Json[PlayerAfterSale]:
    answer = await ask(ctx, summary, request_of(command, identity(request, ctx, caller, body)))
    pool = amounts.money(summary, answer.summary.pool_minor)
    return Json(
        extended(
            PlayerAfterSale,
            views_people.player(answer.entry, answer.summary),
            tournament_id=summary.id,
            prize_pool=PoolTotal(total_amount=pool, currency=summary.rules.currency),
        )
    )


@router.post("/{player}/token", openapi_extra=body_of(FreshTokenBody))
async def create_player_token(
    tournament_id: str, player: str, request: Request, ctx: Ctx, caller: PlayersWrite
) -> Json[PlayerToken]:
    """A fresh token for a registered player. Others go on being valid, but with `revokeOthers`: then they are
    refused at once, and sockets that came with one are closed within a few seconds."""
    summary = await find(ctx, caller, tournament_id)
    parsed = parse(await read_json(request), FreshTokenBody)
    parsed.raise_faults()
    found = await ctx.listings.entry(caller.tenant, tournament_id, player)
    entry = _known(found, summary, player)
    if entry.removed:
        raise player_not_found(summary.id, player, "was removed")
    generation = await _generation(ctx, entry, is_new=FreshTokenBody(**parsed.values).revoke_others)
    access, games = _access(entry, summary, ctx, _game_url(request, ctx, caller, summary), generation)
    ends = instant(ends_ms(summary, ctx.clock.now_ms()))
    token = PlayerToken(player_id=entry.player_id, token_expires_at=ends, more=access, games=games)
    request.state.kept_body = without_token(token, token.games[0])
    return Json(flat(token))


async def _generation(ctx: Context, entry: EntryRow, *, is_new: bool) -> int:
    if is_new:
        return await ctx.token_generations.end_older(entry.internal_player_id, ctx.clock.now_ms())
    return await ctx.token_generations.generation(entry.internal_player_id)
