"""The lobby of hop-on/off tournaments: one takes entries at a time, the next is opened on demand.

The id of the next one is derived from the lobby and its number, and a tournament is born once: so however
many registrations race, exactly one next tournament exists.
"""

from actors.replies import EntryAnswer
from actors.requests import CommandRequest, Identity, request_of
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.errors import ApiError
from api.tournaments.owner_client import answer, ask
from config.limits import LOBBY_TRIES_MAX
from server.domain.ids import TournamentId
from server.domain.refusal import Code
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.rules.rules import RuleFields, fields_of
from server.domain.tournament.summary import Summary
from server.runtime.randomness import derived_id

# What a registration is refused with when this tournament of the lobby has started meanwhile or is full.
_MOVED_ON = (Code.REGISTRATION_CLOSED, Code.TOURNAMENT_FULL)


def in_lobby(fields: RuleFields, tournament_id: str) -> RuleFields:
    """The first tournament of a lobby gives it its name; a scheduled one belongs to none."""
    if fields.get("format") != "hop_on_off":
        return fields
    return fields | {"lobby": tournament_id, "lobby_no": 1}


async def register(
    ctx: Context, caller: Caller, summary: Summary, order: CommandRequest[EntryAnswer]
) -> EntryAnswer:
    """Sell the entry here, or in a lobby where it can be sold now. Cancelling the waiting tournament closes
    the lobby. What was sold under this command before is answered by the tournament that sold it."""
    if summary.rules.lobby is not None and order.input_hash:
        sold_in = await ctx.listings.answered_in(caller.tenant, order.command_id)
        found = None if sold_in is None else await ctx.listings.find(caller.tenant, sold_in)
        if found is not None:
            return await ask(ctx, found, order)
    for _ in range(LOBBY_TRIES_MAX):
        try:
            return await ask(ctx, summary, order)
        except ApiError as error:
            if summary.rules.lobby is None or not await _has_moved_on(ctx, summary, error):
                raise
            newest = await _newest(ctx, caller, summary)
            if newest.status is Status.CANCELLED:
                raise
        moved = newest.rules.lobby_no > summary.rules.lobby_no
        summary = newest if moved else await _open_next(ctx, caller, newest)
    return await ask(ctx, summary, order)


async def _has_moved_on(ctx: Context, summary: Summary, error: ApiError) -> bool:
    """Whether the lobby sells elsewhere: this tournament is closed or full, or it is over and the user played
    in it, who may play again in the next one."""
    if error.code in _MOVED_ON:
        return True
    if error.code != Code.ALREADY_REGISTERED:
        return False
    now = await ctx.listings.find(summary.tenant, summary.id)
    return now is not None and is_over(now.status)


def _id_of(lobby: str, number: int) -> TournamentId:
    return TournamentId(lobby if number == 1 else derived_id("tournament", lobby, str(number)))


async def _newest(ctx: Context, caller: Caller, summary: Summary) -> Summary:
    """The tournament of the lobby that was opened last: numbers have no gap, so doubling steps find it."""
    lobby = summary.rules.lobby
    assert lobby is not None, "only a hop-on/off tournament has a lobby"
    step = 1
    while step:
        number = summary.rules.lobby_no + step
        found = await ctx.listings.find(caller.tenant, _id_of(lobby, number))
        summary, step = (found, step * 2) if found is not None else (summary, step // 2)
    return summary


async def _open_next(ctx: Context, caller: Caller, full: Summary) -> Summary:
    """The tournament behind `full` in its lobby, created if it is not there yet, with the same rules."""
    lobby, number = full.rules.lobby, full.rules.lobby_no + 1
    assert lobby is not None, "only a hop-on/off tournament has a lobby"
    next_id = _id_of(lobby, number)
    changes = {"lobby_no": number, "start_at_ms": ctx.clock.now_ms(), "external_id": None}
    command = commands.Create(next_id, full.tenant, fields_of(full.rules) | changes)
    # The same command id for all: the second gets the first one's answer.
    request = request_of(command, Identity(f"lobby:{next_id}", caller.name))
    return answer(request, await ctx.directory.create(request), None).summary
