"""A stranger's test entry into the tournament that the demo plays: the product can be tried at once."""

from fastapi import APIRouter, Request

from actors.requests import Identity, request_of
from api.access.dependencies import Ctx
from api.answers import views
from api.context.context import Context
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.limit_headers import over_limit
from api.tournaments.owner_client import ask
from api.tournaments.play_page import PLAYABLE, base_url, play_url
from config.door_limits import DEMO_ENTRIES_PER_HOUR
from server.domain.ids import PlayerId, Tenant
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import Summary
from server.encoding.answer import Answer
from server.ports import Window

router = APIRouter(include_in_schema=False)
_HOUR_MS = 3_600_000
_LOOKED_AT = 20


class DemoEntry(Answer):
    """Where the visitor plays, and with which token. The token is the only credential that there is."""

    tournament_id: str
    name: str
    display_name: str
    token: str
    game_url: str


@router.post("/demo/entries", response_model=None)
async def enter_demo(request: Request, ctx: Ctx) -> Json[DemoEntry]:
    """A free entry with a name of chance; a few an hour for each address."""
    tenant = ctx.shown_tenant
    if not ctx.is_demo or tenant is None or tenant.live:  # nothing is given away on live data
        raise ApiError(DoorCode.NOT_FOUND, "There is no demo here")
    summary = await _playing(ctx, tenant)
    await _count(request, ctx)
    number = ctx.ids.short_id(6)
    command = commands.Register(
        user_id=f"visitor_{number}",
        player_id=PlayerId(ctx.ids.player_id()),
        display_name=f"Visitor {number.upper()}",
        paid_minor=summary.rules.buy_in_minor + summary.rules.fee_minor,
    )
    sold = await ask(ctx, summary, request_of(command, Identity(ctx.ids.command_id(), "demo")))
    token = ctx.tokens.mint(sold.entry, sold.summary, views.room_id(summary.id), ctx.clock.now_ms())
    url = play_url(base_url(request, ctx), summary.rules.game_slug, summary.id)
    return Json(
        DemoEntry(
            tournament_id=summary.id,
            name=summary.rules.name,
            display_name=sold.entry.display_name,
            token=token,
            game_url=url.replace("{jwt}", token),
        ),
        status_code=201,
    )


async def _count(request: Request, ctx: Context) -> None:
    window = Window(f"demo:{request.state.address}", DEMO_ENTRIES_PER_HOUR, _HOUR_MS)
    verdict = await ctx.limiter.hit((window,))
    if not verdict.allowed:
        raise over_limit(verdict)


async def _playing(ctx: Context, tenant: Tenant) -> Summary:
    """The tournament that the visitor can enter now: one in play, else one that is about to be."""
    _, found = await ctx.listings.public(tenant, _LOOKED_AT, 0)
    now_ms = ctx.clock.now_ms()
    open_ones = [one for one in found if _takes(one, now_ms)]
    for status in (Status.IN_PROGRESS, Status.OPEN):
        for one in open_ones:
            if one.status is status:
                return one
    raise ApiError(DoorCode.CONFLICT, "The next tournament of the demo opens in a moment: try again")


def _takes(summary: Summary, now_ms: int) -> bool:
    rules = summary.rules
    is_ours = (rules.external_id or "").startswith("demo-") and rules.room is not None
    has_seat = rules.max_players is None or summary.players < rules.max_players
    takes = rules.takes_entries(summary.status, summary.started_at_ms, now_ms, summary.round_no)
    return is_ours and rules.game_slug in PLAYABLE and has_seat and takes
