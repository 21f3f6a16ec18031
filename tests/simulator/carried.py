"""Front ends that hear of boards over a carrier: it loses, doubles and delays, and strangers speak on it."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from actors.replies import Place
from api.ws.channel import Channel, Position
from api.ws.hub import Hub
from api.ws.packing import Packed
from server.broadcast.redis_seal import opened, sealed
from server.domain.ids import Tenant
from server.domain.tournament.rules.rules import Rules
from server.ports import Clock
from tests.simulator.checks import Checks, Rows, rows_of, scaled
from tests.simulator.faults import Network, Weather
from tests.support.builders import TENANT, TOURNAMENT, fields
from tests.support.sockets import texts

_SECRET = b"of the house"
Hear = Callable[[bytes | None], None]


class Carrier:
    """`Publisher` and `Subscriber` at once, sealed as on the wire."""

    def __init__(self, luck: random.Random, weather: Weather) -> None:
        self._luck = luck
        self._weather = weather
        self._hearers: list[Hear] = []
        self._verdict: list[bytes] = []

    async def publish(self, tournament_id: str, data: bytes) -> bool:
        line = sealed(_SECRET, tournament_id, data)
        self._verdict = [*self._verdict[-20:], line]
        self._deliver(line)
        return True

    def _deliver(self, line: bytes) -> None:
        for hear in self._hearers:
            if self._luck.random() >= self._weather.lost:
                delay_s = self._luck.uniform(0, self._weather.lag_s)
                asyncio.get_running_loop().call_later(delay_s, self._arrive, hear, line)

    def _arrive(self, hear: Hear, line: bytes) -> None:
        inner = opened(_SECRET, TOURNAMENT, line)
        if inner is not None and hear in self._hearers:
            hear(inner)

    def forge(self, luck: random.Random) -> None:
        """Old frames once more, frames that were changed, and rubbish."""
        lines = [luck.randbytes(200)]
        if self._verdict:
            old = luck.choice(self._verdict)
            at = luck.randrange(len(old))
            lines += [old, old[:at] + bytes([old[at] ^ 1]) + old[at + 1 :]]
        for line in lines:
            self._deliver(line)

    def listen(self, tournament_id: str, hear: Hear) -> None:
        self._hearers.append(hear)

    def leave(self, tournament_id: str) -> None:
        self._hearers.clear()

    def carries(self, tournament_id: str) -> bool:
        return True


class Client:
    """A front end's hub and one socket on it, with the board that its frames make."""

    def __init__(self, name: str, network: Network, clock: Clock, carrier: Carrier, checks: Checks) -> None:
        self._hub = Hub(network, clock, name, _Ear(carrier))
        self._checks = checks
        self._channel: Channel | None = None
        self.at: Position | None = None
        self.place: Place | None = None
        self.player_no: int | None = None
        self._rows: list[dict[str, Any]] = []

    async def follow(self) -> None:
        """For ever."""
        summary = _Known(TENANT)
        channel = self._channel = self._hub.join(summary, self)  # type: ignore[arg-type]
        await channel.ready.wait()
        self.at = channel.at
        self.write(channel.snapshot)
        await asyncio.Event().wait()

    def write(self, data: Packed) -> None:
        for text in texts(data.plain):
            self._apply(rows_of(text))
        self._checks.saw(self._rows)

    def catch_up(self) -> None:
        channel, at = self._channel, self.at
        if channel is not None and at is not None and at is not channel.at:
            self.at = channel.at
            self.write(channel.behind(at))

    def tell(self, frame: Packed) -> bool:
        return True

    def part(self, frame: Packed) -> None:
        """No player is on this socket."""

    def drop(self) -> None:
        raise AssertionError("nothing here is too slow")

    def _apply(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot":
            self._rows = frame["rows"]
        elif frame["type"] == "delta":
            changed = {row["playerId"]: row for row in frame["rows"]}
            kept = [row for row in self._rows if row["playerId"] not in {*frame["left"], *changed}]
            self._rows = sorted([*kept, *changed.values()], key=lambda row: row["position"])

    def shown(self) -> Rows:
        """The board as this client has it."""
        return tuple((row["playerId"], scaled(row["points"])) for row in self._rows)


class _Ear:
    """One front end's part of the carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._hear: Hear | None = None

    def listen(self, tournament_id: str, hear: Hear) -> None:
        self._hear = hear
        self._carrier._hearers.append(hear)

    def leave(self, tournament_id: str) -> None:
        if self._hear in self._carrier._hearers:
            self._carrier._hearers.remove(self._hear)

    def carries(self, tournament_id: str) -> bool:
        return True


class _Known:
    """What a hub asks of a summary."""

    def __init__(self, tenant: Tenant) -> None:
        self.id, self.tenant, self.status = TOURNAMENT, tenant, _Status()
        self.rules = Rules(**fields())


class _Status:
    value = "open"
