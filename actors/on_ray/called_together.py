"""What came together with one call, in the process that is called."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.replies import Late, Reply, Unavailable, unavailable
from actors.requests import Message
from config.origin import Origin, within
from config.owner_limits import CALL_ANSWERS_WITHIN_S, LATE_ANSWERS_MAX
from server.runtime import tracing

Asked = tuple[str, Message, Origin]
log = logging.getLogger(__name__)


class CalledTogether:
    """Gives each message to `ask`. An answer that is late is kept until its caller asks for it."""

    def __init__(self, ask: Callable[[str, Message], Awaitable[Reply]], ticket: Callable[[], str]) -> None:
        self._ask = ask
        self._ticket = ticket
        self._late: dict[str, asyncio.Task[Reply]] = {}

    async def answers(self, asked: list[Asked]) -> list[Reply | Late]:
        """One a message. A message that takes long holds up the others by `CALL_ANSWERS_WITHIN_S` at most."""
        tasks = [asyncio.create_task(self._one(*one)) for one in asked]
        await asyncio.wait(tasks, timeout=CALL_ANSWERS_WITHIN_S)
        return [task.result() if task.done() else self._keep(task) for task in tasks]

    async def late_answer(self, ticket: str) -> Reply:
        """One that was late."""
        task = self._late.pop(ticket, None)
        return Unavailable("the answer is kept no more") if task is None else await task

    async def _one(self, tournament_id: str, message: Message, origin: Origin) -> Reply:
        try:
            with within(origin), tracing.span("owner.ask", message=type(message).__name__):
                return await self._ask(tournament_id, message)
        except Exception as error:
            log.exception("ask_failed", extra={"tournament": tournament_id})
            return unavailable(error)

    def _keep(self, task: "asyncio.Task[Reply]") -> Late:
        if len(self._late) >= LATE_ANSWERS_MAX:
            del self._late[next(iter(self._late))]  # its caller is gone, or has asked again
        late = Late(self._ticket())
        self._late[late.ticket] = task
        return late
