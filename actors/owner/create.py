"""Creates a tournament. No owner is needed: an id that does not exist yet is known to one caller only."""

from collections.abc import Callable
from dataclasses import replace

from actors.owner.execute import catch_up, repeated, run
from actors.owner.room.opening import Rooms
from actors.owner.unit_of_work import UnitOfWork
from actors.replies import Done, Refused, Reply, unavailable
from actors.requests import CommandRequest
from server.domain.refusal import Code
from server.domain.tournament.commands import Create
from server.domain.tournament.rules.checks import faults_of
from server.domain.tournament.state import Tournament
from server.encoding.codec import CHAIN_START
from server.ports import Clock, Journal, StoreUnavailable


async def create_tournament(
    journal: Journal,
    clock: Clock,
    request: CommandRequest[object],
    rooms: Rooms | None = None,
    placement_of: Callable[[Tournament], str] | None = None,
) -> Reply:
    """Decide and store a `Create`. Twins of one command id get one tournament and one answer. `placement_of`
    says where the new one lives."""
    assert isinstance(request.command, Create)
    tournament_id, now_ms, seed = request.command.tournament_id, clock.now_ms(), None
    if rooms is not None and not faults_of(request.command.fields, now_ms):
        command, seed = rooms.commit(request.command)
        request = replace(request, command=command)
    work = UnitOfWork(None, epoch=0, chain=CHAIN_START)
    reply = run(work, request, now_ms)
    if not isinstance(reply, Done):
        return reply
    catch_up(work, now_ms)
    try:
        commit = work.to_commit()
        commit.seed = seed
        commit.placement = None if placement_of is None or work.state is None else placement_of(work.state)
        if await journal.begin(commit):
            return reply
        row = await journal.answer(tournament_id, request.command_id)
    except StoreUnavailable as error:
        return unavailable(error)
    if row is None:
        return Refused(Code.INVALID_STATUS.value, "Tournament exists already")
    return repeated(row, request)
