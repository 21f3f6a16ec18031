"""What waits for one owner, in the order in which it came."""

import asyncio
from collections import deque

from actors.player_history import needs_history
from actors.replies import Reply, Unavailable
from actors.requests import CommandRequest, Message
from config import limits
from server.runtime import tracing

Waiting = list[tuple[Message, asyncio.Future[Reply]]]


class Mailbox:
    """Messages with the futures of their answers."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Message, asyncio.Future[Reply]]] = deque()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, message: Message) -> asyncio.Future[Reply]:
        """Queue a message. A full mailbox says so at once."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= limits.MAILBOX_DEPTH_MAX:
            answer.set_result(Unavailable("mailbox full"))
            return answer
        self._waiting.append((message, tracing.kept(answer)))
        self._arrived.set()
        return answer

    async def arrival(self) -> None:
        """Wait until something has come since this was last asked."""
        await self._arrived.wait()
        self._arrived.clear()

    def take(self, *, one: bool) -> Waiting:
        """What the next commit serves, at least one message, or exactly one. A request that needs the journal
        goes alone, so that all before it is stored."""
        taken = [self._waiting.popleft()]
        alone = one or _goes_alone(taken[0][0])
        while self._waiting and len(taken) < limits.COMMIT_REQUESTS_MAX and not alone:
            if _goes_alone(self._waiting[0][0]):
                break
            taken.append(self._waiting.popleft())
        return taken

    def abandon(self, why: Unavailable) -> None:
        """Tell all who wait that there will be no answer."""
        while self._waiting:
            tell(self._waiting.popleft()[1], why)


def tell(answer: asyncio.Future[Reply], reply: Reply) -> None:
    """Answer, if it is still waited for."""
    if not answer.done():
        answer.set_result(reply)


def _goes_alone(message: Message) -> bool:
    return isinstance(message, CommandRequest) and needs_history(message)
