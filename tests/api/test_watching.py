"""Everyone who watches ends with the owner's board, whatever happens on the way: cut lines, resumes, readers
that stop reading, owners and front ends that die, a carrier that loses messages. On virtual time, by seed."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from actors.local_directory import LocalDirectory
from actors.replies import Done
from actors.requests import ReportFacts
from api.ws.hub import Hub
from api.ws.messages import Close
from server.domain.tournament import commands
from server.domain.tournament.summary import summary_of
from server.encoding import codec
from tests.simulator.loop import VirtualClock, run_virtually
from tests.support.app import House, a_house
from tests.support.builders import TOURNAMENT, command_request, create, points, register
from tests.support.placed import kill
from tests.support.sockets import DEFLATE, HIGH_BYTES, Wire

SEEDS = 40
_PLAY_S = 40.0
_USERS = [f"u{n}" for n in range(8)]


class Ether:
    """A carrier in memory that loses messages, and is away now and then."""

    def __init__(self, luck: random.Random, loss: float) -> None:
        self.luck, self.loss, self.is_up = luck, loss, True
        self.lines: list[Line] = []

    async def publish(self, tournament_id: str, data: bytes) -> bool:
        for line in self.lines if self.is_up else ():
            if self.luck.random() >= self.loss:
                line.bring(tournament_id, data)
        return self.is_up

    def turn(self, up: bool) -> None:
        """Redis dies, or is there again."""
        self.is_up = up
        for line in self.lines:
            for hear in list(line.hearers.values()):
                hear(None)


class Line:
    """A front end's side of it."""

    def __init__(self, ether: Ether) -> None:
        self.ether = ether
        self.hearers: dict[str, Callable[[bytes | None], None]] = {}
        ether.lines.append(self)

    def listen(self, tournament_id: str, hear: Callable[[bytes | None], None]) -> None:
        self.hearers[tournament_id] = hear

    def leave(self, tournament_id: str) -> None:
        self.hearers.pop(tournament_id, None)

    def carries(self, tournament_id: str) -> bool:
        return self.ether.is_up and tournament_id in self.hearers

    def bring(self, tournament_id: str, data: bytes) -> None:
        if tournament_id in self.hearers:
            self.hearers[tournament_id](data)


class Client:
    """What a browser does: connects, applies frames, comes back from where it was. Checks every step."""

    def __init__(self, evening: "Evening") -> None:
        self.evening = evening
        self.wire: Wire | None = None
        self.at: tuple[int, int] | None = None
        self.rows: list[dict[str, Any]] = []
        self.total = 0
        self.snapshots = self.deltas = self.resumed = 0
        self.over = False
        self.most_waiting = 0
        self._greeted = False

    def look(self) -> None:
        """Take what came; connect again where the line was cut."""
        wire = self.wire
        if wire is not None:
            heard, wire.heard = wire.heard, []
            self.most_waiting = max(self.most_waiting, wire.most_waiting)
            for frame in heard:
                self._take(frame)
            if not wire.is_cut:
                return
            self.over = wire.code == Close.TOURNAMENT_OVER
            assert wire.code in (None, Close.RECONNECT, Close.TOO_MANY, Close.TOURNAMENT_OVER), wire.code
        if not self.over:
            resume = "" if self.at is None else f"&resume={self.at[0]}:{self.at[1]}"
            self._greeted = False
            home = self.evening.front_end()
            more = self.evening.luck.choice(["", DEFLATE])
            self.wire = Wire(home, f"{TOURNAMENT}?spectate{resume}", more)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            assert not self._greeted, "one welcome a connection"
            self._greeted = True
            self.resumed += self.at == (frame["resume"]["epoch"], frame["resume"]["seq"])
        assert self._greeted, "welcome comes first"
        if "seq" not in frame:
            return
        here = frame["epoch"], frame["seq"]
        if frame["type"] == "snapshot":
            assert self.at is None or here >= self.at, "never back in time"
            self.snapshots += 1
            self.rows, self.total = frame["rows"], frame["total"]
        else:
            assert self.at == (here[0], here[1] - 1), f"a silent gap: {self.at} to {here}"
        self.at = here
        if frame["type"] == "delta":
            self.deltas += 1
            gone = {*frame["left"], *(row["playerId"] for row in frame["rows"])}
            taken = {row["position"] for row in frame["rows"]}
            kept = [row for row in self.rows if row["playerId"] not in gone and row["position"] not in taken]
            self.rows = sorted(kept + frame["rows"], key=lambda row: row["position"])
            self.total = frame["total"]


class Evening:
    """Two front ends, one node of owners, a carrier or none, clients; and what goes wrong."""

    def __init__(self, seed: int, clock: VirtualClock, house: House) -> None:
        self.luck = random.Random(seed)
        self.clock = clock
        self.house = house
        self.ether = Ether(self.luck, self.luck.choice([0.0, 0.05, 0.5]))
        carried = self.luck.random() < 0.7
        self.directory = LocalDirectory(house.store, clock, publisher=self.ether if carried else None)
        self.carried = carried
        self.homes = [self._home(n) for n in range(2)]
        self.clients = [Client(self) for _ in range(6)]
        self.count = 0

    def _home(self, number: int) -> Any:
        carrier = Line(self.ether) if self.carried else None
        hub = Hub(self.directory, self.clock, f"fe-{number}-{self.luck.random()}", carrier)
        return replace(self.house.ctx, directory=self.directory, hub=hub)

    def front_end(self) -> Any:
        return self.luck.choice(self.homes)

    async def run(self) -> dict[str, int]:
        """Play with faults, then fair weather; then everyone must hold the owner's board."""
        rules: dict[str, Any] = {"public": True, "start_at_ms": self.clock.now_ms() + 10**7}
        await self.directory.create(command_request(create(**rules)))
        for user in _USERS:
            await self.directory.ask(TOURNAMENT, command_request(register(user)))
        await self.directory.ask(TOURNAMENT, command_request(commands.Start()))
        end = self.clock.now_ms() + _PLAY_S * 1_000
        work = [asyncio.create_task(part) for part in (self._play(), self._harm(), self._look())]
        while self.clock.now_ms() < end:
            await asyncio.sleep(1)
            for task in work:
                if task.done():
                    task.result()
        for task in work[:2]:
            task.cancel()
        self.ether.loss = 0.0
        self.ether.turn(True)
        for client in self.clients:
            if client.wire is not None:
                client.wire.read_on()
        await asyncio.sleep(60)
        work[2].cancel()
        await asyncio.gather(*work, return_exceptions=True)
        return await self._verdict()

    async def _play(self) -> None:
        while True:
            await asyncio.sleep(self.luck.expovariate(8))
            self.count += 1
            fact = points(f"f{self.count}", self.luck.choice(_USERS), self.luck.randint(1, 9))
            await self.directory.ask(TOURNAMENT, ReportFacts(codec.encode_facts([fact])))

    async def _harm(self) -> None:
        harms = [self._cut, self._hold, self._kill_owner, self._kill_front_end, self._carrier, self._read_on]
        while True:
            await asyncio.sleep(self.luck.expovariate(1.5))
            await self.luck.choice(harms)()

    async def _cut(self) -> None:
        if wire := self.luck.choice(self.clients).wire:
            wire.cut()

    async def _hold(self) -> None:
        if wire := self.luck.choice(self.clients).wire:
            wire.hold()

    async def _read_on(self) -> None:
        for client in self.clients:
            if client.wire is not None:
                client.wire.read_on()

    async def _kill_owner(self) -> None:
        if self.luck.random() < 0.3 and (host := self.directory._hosts.pop(TOURNAMENT, None)):
            await kill(host)

    async def _kill_front_end(self) -> None:
        if self.luck.random() < 0.3:
            number = self.luck.randrange(2)
            for client in self.clients:
                if client.wire is not None and client.wire.socket._ctx is self.homes[number]:
                    client.wire.cut()
            self.homes[number] = self._home(number)

    async def _carrier(self) -> None:
        if self.carried and self.luck.random() < 0.3:
            self.ether.turn(not self.ether.is_up)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            for client in self.clients:
                client.look()

    async def _verdict(self) -> dict[str, int]:
        owner = self.directory.host(TOURNAMENT)._owner
        assert owner is not None
        whole = msgspec.json.decode(owner.board.snapshot)
        for client in self.clients:
            assert (client.rows, client.total) == (whole["rows"], whole["total"])
            assert client.at == (whole["epoch"], whole["seq"])
            assert client.most_waiting < HIGH_BYTES + 4 * len(owner.board.snapshot), "memory is bounded"
        assert await self.homes[0].hub.connections(summary_of(owner.state)) == len(self.clients)
        assert isinstance(await self.directory.ask(TOURNAMENT, command_request(commands.Finish())), Done)
        sums = {
            name: sum(getattr(c, name) for c in self.clients) for name in ("snapshots", "deltas", "resumed")
        }
        return sums | {"epoch": owner.epoch}


async def _evening(seed: int, clock: VirtualClock) -> dict[str, int]:
    async with a_house(clock) as house:
        return await Evening(seed, clock, house).run()


@pytest.fixture(scope="module")
def evenings() -> list[dict[str, int]]:
    """All seeds, once."""
    return [run_virtually(lambda clock, seed=seed: _evening(seed, clock)) for seed in range(SEEDS)]


def test_every_client_ends_with_the_owners_board_and_no_gap_is_silent(evenings: list[dict[str, int]]) -> None:
    assert len(evenings) == SEEDS


def test_the_evenings_were_wild_enough_to_mean_something(evenings: list[dict[str, int]]) -> None:
    sums = {name: sum(evening[name] for evening in evenings) for name in evenings[0]}
    assert sums["deltas"] > 10_000 and sums["resumed"] > 20 and sums["snapshots"] > 20 * SEEDS, sums
    assert sums["epoch"] > 3 * SEEDS, "owners died"
