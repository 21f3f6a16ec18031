"""The birth of a tournament needs no owner: nobody else can know an id that does not exist yet."""

from actors.owner.execute import catch_up, repeated, run
from actors.owner.unit_of_work import Draft
from actors.replies import Done, Refused, Reply, unavailable
from actors.requests import Order
from server.domain.refusal import Code
from server.domain.tournament.commands import Create
from server.encoding.codec import CHAIN_START
from server.ports import Clock, Journal, StoreUnavailable


async def give_birth(journal: Journal, clock: Clock, order: Order) -> Reply:
    """Decide and store a `Create`. Twins of one command id get one tournament and one answer."""
    assert isinstance(order.command, Create)
    tournament_id, now_ms = order.command.tournament_id, clock.now_ms()
    draft = Draft(None, epoch=0, chain=CHAIN_START)
    reply = run(draft, order, now_ms)
    if not isinstance(reply, Done):
        return reply
    catch_up(draft, now_ms)
    try:
        if await journal.birth(draft.seal()):
            return reply
        row = await journal.answer(tournament_id, order.command_id)
    except StoreUnavailable as error:
        return unavailable(error)
    if row is None:
        return Refused(Code.INVALID_STATUS.value, "Tournament exists already")
    return repeated(row, order)
