"""How everything goes its rounds that must not end: workers, and the parts of a watched board."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from config.origin import NOWHERE, within
from server.ports import Clock, StoreUnavailable

T = TypeVar("T")
log = logging.getLogger(__name__)


async def go_round(clock: Clock, every_s: float, look: Callable[[], Awaitable[Any]], trouble: str) -> None:
    """Look, wait; for ever. A store that is away is logged as `trouble`, and looked for again. So is any
    other fault: one row that cannot be read must not end the other workers of the process, nor leave a
    board that stands still."""
    while True:
        try:
            await look()
        except StoreUnavailable as error:
            log.warning(trouble, extra={"reason": str(error)})
        except Exception:
            log.exception("round_failed", extra={"trouble": trouble})
        await clock.sleep(every_s)


def lasting(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """A task that lives on when the request within which it is started has its answer: it is not of it."""
    with within(NOWHERE):
        return asyncio.create_task(work)


async def until_none(look: Callable[[], Awaitable[int]]) -> None:
    """While there is more, no waiting."""
    while await look():
        pass
