"""Public beacons: rooms whose list of entrants is closed get the round of the beacon that they wait for.

A relay is not trusted: what it says is verified with the key of the network before an owner hears of it. Any
number of these may run: an owner takes its round once.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from itertools import groupby
from typing import Protocol

from actors.directory import Directory
from actors.replies import Done
from actors.requests import Identity, request_of
from config.limits import BEACON_POLL_S, BEACON_ROOMS_MAX
from server.domain.rooms.beacon import BEACONS, SIGNATURE_BYTES, BeaconChain
from server.domain.tournament.commands import TakeBeacon
from server.ports import AwaitedBeacon, Clock, IdSource, Listings
from server.runtime.loops import go_round
from workers.http_client import Outgoing, Unreachable

log = logging.getLogger(__name__)
Verify = Callable[[BeaconChain, int, bytes], Awaitable[bool]]


async def _is_genuine(chain: BeaconChain, number: int, signature: bytes) -> bool:
    from server.runtime.beacon_proof import is_genuine  # most workers never verify

    return await asyncio.to_thread(is_genuine, chain, number, signature)


class Source(Protocol):
    """Where rounds come from; a wrong one among many does no harm."""

    def signatures(self, chain: BeaconChain, number: int) -> AsyncGenerator[bytes]:
        """What is said of a round, as it comes; nothing before the round has come."""


class Relays:
    """The relays of the settings, all asked at once: the first genuine answer will do."""

    def __init__(self, outgoing: Outgoing, urls: tuple[str, ...]) -> None:
        self._outgoing = outgoing
        self._urls = urls

    async def signatures(self, chain: BeaconChain, number: int) -> AsyncGenerator[bytes]:
        """What they say of a round, as it comes; nothing before the round has come."""
        path = f"{chain.hash}/public/{number}"
        asked = [asyncio.create_task(self._ask(f"{url.rstrip('/')}/{path}")) for url in self._urls]
        try:
            for answer in asyncio.as_completed(asked):
                if (signature := await answer) is not None:
                    yield signature
        finally:
            for task in asked:
                task.cancel()

    async def _ask(self, url: str) -> bytes | None:
        try:
            answer = await self._outgoing.get(url)
        except Unreachable as error:
            log.warning("beacon_relay_away", extra={"url": url, "reason": str(error)})
            return None
        return _signature_in(answer.body) if answer.status == 200 else None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._outgoing.close()


def _signature_in(body: bytes) -> bytes | None:
    try:
        signature = bytes.fromhex(json.loads(body)["signature"])
    except (ValueError, KeyError, TypeError):
        return None
    return signature if len(signature) == SIGNATURE_BYTES else None


class Beacons:
    """Gives rooms the rounds that they wait for."""

    def __init__(
        self,
        listings: Listings,
        directory: Directory,
        source: Source,
        clock: Clock,
        ids: IdSource,
        verify: Verify = _is_genuine,
    ) -> None:
        self._listings = listings
        self._directory = directory
        self._source = source
        self._clock = clock
        self._ids = ids
        self._verify = verify

    async def run(self) -> None:
        """Look, give, wait; for ever."""
        await go_round(self._clock, BEACON_POLL_S, self.look, "beacons_cannot_look")

    async def look(self) -> int:
        """Give every round that has come to the rooms that wait for it; how many took it."""
        waiting = await self._listings.awaiting_beacon(BEACON_ROOMS_MAX)
        now_ms = self._clock.now_ms()
        due = [one for one in waiting if BEACONS[one.beacon].instant_of(one.number) <= now_ms]
        taken = 0
        for (beacon, number), rooms in groupby(due, key=lambda one: (one.beacon, one.number)):
            signature = await self._fetched(BEACONS[beacon], number)
            if signature is not None:
                taken += sum(await asyncio.gather(*(self._give(one, signature) for one in rooms)))
        return taken

    async def _fetched(self, chain: BeaconChain, number: int) -> bytes | None:
        """The signature of a round, verified; None when it cannot be had yet."""
        async with aclosing(self._source.signatures(chain, number)) as signatures:
            async for signature in signatures:
                if await self._verify(chain, number, signature):
                    return signature
                log.error("beacon_not_genuine", extra={"beacon": chain.name, "round": number})
        return None

    async def _give(self, room: AwaitedBeacon, signature: bytes) -> bool:
        command = TakeBeacon(room.number, signature.hex())
        order = request_of(command, Identity(self._ids.command_id(), "beacon"))
        reply = await self._directory.ask(room.tournament_id, order)
        if isinstance(reply, Done):
            log.info("beacon_taken", extra={"tournament": room.tournament_id, "round": room.number})
            return True
        log.warning("beacon_not_taken", extra={"tournament": room.tournament_id, "reply": str(reply)})
        return False
