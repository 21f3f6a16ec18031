"""Handles of actors, kept once they are known: in steady state nothing asks Ray's head."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from actors.on_ray.actor import get_or_create
from actors.on_ray.shared_actor import get_or_create_shared, get_shared
from actors.on_ray.spread import Spread
from actors.shared.policy import OWN, Policy
from config.owner_limits import ACTIVATIONS_AT_ONCE, HEAD_CALLS_MAX, HEAD_PATIENCE_S, ROUTES_KNOWN_MAX


class HeadIsAway(Exception):  # noqa: N818 - what is so, no mistake
    """Ray's head does not answer: no actor can be found or started now."""


class Handles:
    """`answered` is what has answered through its handle, by the actor's name."""

    def __init__(self, policy: Policy, spread: Spread) -> None:
        self._policy = policy
        self._spread = spread
        self._known: dict[str, Any] = {}
        self._answered: set[str] = set()
        self._asking = asyncio.Semaphore(ACTIVATIONS_AT_ONCE)
        # Calls that wait for a head that is away keep their thread: those of others must not wait for them.
        self._threads = ThreadPoolExecutor(HEAD_CALLS_MAX, "ray-head")

    async def of(self, placement: str, tournament_id: str) -> Any:
        """The handle of the actor that may own it, started when there is none. Raises `HeadIsAway`."""
        name = _name_of(placement, tournament_id)
        if (handle := self._known.get(name)) is not None:
            return handle
        async with self._asking:
            if placement == OWN:
                handle = await self._ask_head(partial(get_or_create, tournament_id))
            else:
                handle = await self._shared(placement)
        if len(self._known) >= ROUTES_KNOWN_MAX:
            self._known.clear()
            self._answered.clear()
        self._known[name] = handle
        return handle

    async def _shared(self, placement: str) -> Any:
        try:
            return await self._ask_head(partial(get_shared, placement))
        except ValueError:
            node_id = await self._spread.node_for(placement)
            return await self._ask_head(partial(get_or_create_shared, placement, self._policy, node_id))

    async def _ask_head(self, ask: Callable[[], Any]) -> Any:
        try:
            async with asyncio.timeout(HEAD_PATIENCE_S):
                return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except TimeoutError as error:
            raise HeadIsAway from error

    def note_answer(self, placement: str, tournament_id: str) -> None:
        """It has answered: from now on its silence means something."""
        self._answered.add(_name_of(placement, tournament_id))

    def has_answered(self, placement: str, tournament_id: str) -> bool:
        """Whether it ever has."""
        return _name_of(placement, tournament_id) in self._answered

    def forget(self, placement: str, tournament_id: str) -> Any:
        """The handle that is forgotten, if there was one."""
        name = _name_of(placement, tournament_id)
        self._answered.discard(name)
        return self._known.pop(name, None)

    def close(self) -> None:
        """Forget all."""
        self._known.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _name_of(placement: str, tournament_id: str) -> str:
    """The name of the actor."""
    return f"tournament:{tournament_id}" if placement == OWN else placement
