"""One evening in a room, decided by its seed."""

import asyncio
import hashlib
import itertools
import logging
import random
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from actors.local_directory import LocalDirectory
from actors.owner.room.opening import Rooms
from actors.requests import ReadSummary
from server.domain.ids import internal_player_id
from server.domain.rooms.beacon import QUICKNET, BeaconChain
from server.domain.rooms.fairness import chain_of
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.rules.room_rules import RoomRules
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.room_codec import decode_batch
from server.ports import BlockRow, Clock
from server.runtime.games import DEFAULT, games_of
from server.runtime.randomness import SystemIds
from tests.simulator.checks import Checks, need
from tests.simulator.faults import FaultyStore, Network, Weather
from tests.simulator.loop import VirtualClock, run_virtually
from tests.simulator.people import Casino
from tests.simulator.rooms.bots import Bot, FrontEnd, Skewed
from tests.simulator.rooms.recount import Recount
from tests.simulator.world import Report
from tests.support.builders import TOURNAMENT, create
from tests.support.placed import kill
from workers.loops.beacons import Beacons

PLAY_S = 60.0
_BEACONS = ("", QUICKNET.name)
STEPS_MAX = 400_000
SETTINGS = {
    "starting_credits": 1_000, "min_bet": 10, "max_bet": 1_000_000, "max_bet_share": 100, "betting_ms": 2_000,
    "pause_ms": 500, "edge_percent": 1, "cap_multiplier": 100,
}  # fmt: skip


class RoomWorld:
    """Two nodes of owners, two or three front ends of which one is 80 ms further away, six bots."""

    def __init__(self, seed: int, clock: VirtualClock, home: Path) -> None:
        self.luck = random.Random(seed)
        self.clock = clock
        self.weather = Weather.of(self.luck)
        self.weather.lag_s = self.luck.choice([0.0, 0.005, 0.05, 0.4])
        self.weather.store_lag_s = self.luck.choice([0.0, 0.003, 0.03, 0.3])
        self.weather.clock_step_ms, self.weather.restores = 0, False
        if self.luck.random() < 0.2:
            self.weather.clear()
            self.weather.lag_s, self.weather.store_lag_s = 0.02, 0.01
        self._is_calm = self.weather.kill_every_s > 10**6
        self.checks = Checks()
        self.store = FaultyStore(clock, self.luck, self.weather, self.checks)
        self.seed = self.luck.randbytes(32)
        self.rooms = Rooms(games_of(DEFAULT), home / "seal-key", lambda: self.seed)
        self.nodes = [self._node(n) for n in range(2)]
        self.casino = Casino(self._network(), self.luck, self.checks)
        self.bots = [Bot(n, self.luck, self.checks) for n in range(6)]
        self.front_ends: list[FrontEnd] = []
        self.kills = self.lives = 0
        self._running: list[asyncio.Task[Any]] = []

    def _beacons(self) -> Beacons:
        """A worker that brings the beacon; what the network signs is random here."""
        source, ids = _Relay(self.clock, self.luck), _Serial(f"beacon-{self.luck.random()}")
        return Beacons(self.store, self._network(), source, self.clock, ids, _trusted)

    def _node(self, number: int) -> LocalDirectory:
        jitter = self.luck.uniform
        clock = Skewed(self.clock, self.luck)
        clock._wrong_ms //= 10  # owners' clocks are kept by the operator
        return LocalDirectory(
            self.store, clock, f"node-{number}", lambda s: jitter(0.5, 1) * s, rooms=self.rooms
        )

    def _network(self, further_s: float = 0.0) -> Network:
        # Who asks the wrong node makes it take over, which is no calm weather.
        nodes = self.nodes[:1] if self._is_calm else self.nodes
        return _Further(nodes, self.luck, self.weather, further_s)

    def _front_end(self, number: int) -> FrontEnd:
        self.lives += 1
        network = self._network(0.08 if number else 0.0)
        return FrontEnd(f"fe{number}", self.lives, network, Skewed(self.clock, self.luck))

    async def run(self) -> Report:
        """The evening, then fair weather, then the recount. Raises what was found broken first."""
        return await self.checks.over(self._evening())

    async def _evening(self) -> Report:
        await self.casino.request(create(**self._rules()))
        for bot in self.bots:
            await self.casino.sell(f"u{bot.player}")
        await self.casino.request(commands.Start())
        self.front_ends = [self._front_end(n) for n in range(2)]
        for bot in self.bots:
            bot.connect(self.luck.choice(self.front_ends))
        work = [*(bot.play() for bot in self.bots), *(self._beacons().run() for _ in range(2))]
        self._running = [asyncio.create_task(one) for one in (*work, self._killer(), self._front_end_killer())]
        evening = asyncio.create_task(self._by_hand())
        await asyncio.wait({evening, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        self._raise_what_ended()
        await evening
        await self._fair_weather()
        self._recount()
        await self._end()
        frames = sum(len(bot.answers) for bot in self.bots)
        return Report(self.checks.digest(), dict(self.checks.notes), self._facts, self.kills, frames)

    def _raise_what_ended(self) -> None:
        for task in self._running:
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise task.exception() or AssertionError

    def _rules(self) -> dict[str, Any]:
        settings = dict(SETTINGS, cap_multiplier=self.luck.choice([2, 5, 100]))
        return {
            "start_at_ms": self.clock.now_ms() + 120_000,
            "duration_ms": int(PLAY_S * 1_000),
            "rebuy_enabled": True,
            "rebuy_fee_minor": 500,
            "min_players": 1,
            "entry_scoring": self.luck.choice(["cumulative", "best_entry"]),
            "room": RoomRules(tuple(sorted(settings.items())), 2_500, beacon=self.luck.choice(_BEACONS)),
        }

    async def _by_hand(self) -> None:
        """Now and then the casino does something."""
        until = asyncio.get_running_loop().time() + PLAY_S * 0.8
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self.luck.uniform(3, 15))
            user = f"u{self.luck.randrange(6)}"
            dice = self.luck.random()
            if dice < 0.5:
                await self.casino.request(commands.Rebuy(user, 1, 500))
            elif dice < 0.6:
                await self.casino.request(commands.Remove(user))
            elif dice < 0.7:
                await self.casino.request(commands.Correct("adjust", "by hand", user, points=10_000))
        if self.luck.random() < 0.15:
            await self.casino.request(
                commands.Finish() if dice_is_low(self.luck) else commands.Cancel("storm")
            )

    async def _killer(self) -> None:
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / self.weather.kill_every_s))
            host = self.luck.choice(self.nodes)._hosts.pop(TOURNAMENT, None)
            if host is not None:
                self.kills += 1
                self.checks.note("owner killed")
                await kill(host)

    async def _front_end_killer(self) -> None:
        """A front end dies with what it holds; its clients come back through another one."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / (2 * self.weather.kill_every_s)))
            number = self.luck.randrange(2)
            self.checks.note("front end killed")
            homeless = list(self.front_ends[number].connected)
            await self.front_ends[number].die()
            self.front_ends[number] = self._front_end(number)
            for bot in homeless:
                await asyncio.sleep(self.luck.uniform(0, 0.3))
                if bot._front_end is None:
                    bot.connect(self.luck.choice(self.front_ends))

    async def _fair_weather(self) -> None:
        """Everything works from here on; the tournament comes to its end, and every move has its answer."""
        self.weather.clear()
        for _ in range(60):
            await asyncio.sleep(5)
            self._raise_what_ended()
            await self.casino.request(commands.Advance())
            state = self.checks.shadow
            assert state is not None
            if state.status is Status.CANCELLED or state.results_status is ResultsStatus.FINAL:
                break
        else:
            need(False, "in fair weather a room comes to its end")
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.sleep(5)
        for bot in self.bots:
            waiting = bot.unanswered if bot._joined.is_set() else {}
            need(not waiting, f"bot {bot.player} waits for {waiting}")

    def _recount(self) -> None:
        """Every flight again, by other code; every answer held against it."""
        state = self.checks.shadow
        assert state is not None and state.rules.room is not None
        chain = chain_of(self.seed, state.rules.room.links)
        count = Recount(dict(state.rules.room.settings), dict(enumerate(chain)))
        for row in self.store._tournaments[TOURNAMENT].log:
            if isinstance(row, BlockRow) and row.kind == codec.ROOM:
                try:
                    count.batch(decode_batch(row.payload))
                except AssertionError as error:
                    need(False, f"at {row.first_seq}: {error}")
        self._facts = len(count.facts)
        self._recount_salt(state, count.salt)
        for bot in self.bots:
            for (seat, number), answer in bot.answers.items():
                stamp_us = count.took.get((bot.player, seat, number))
                if answer["type"] == "played":
                    need(stamp_us is not None, f"bot {bot.player}: {answer} is not in the journal")
                    need(stamp_us is not None and stamp_us // 1_000 == answer["stampMs"], "at its stamp")
                elif stamp_us is not None:
                    need(False, f"bot {bot.player} was refused {answer}, and it counts")
        points = {no: state.entries[no].points // 10_000 for no in range(6)}
        self.checks.note("recounted")
        if self._is_calm:
            need("move: arrived_too_late" not in self.checks.notes, "in calm weather all clicks count")
        if state.rules.entry_scoring == "cumulative" and "Correct: Done" not in self.checks.notes:
            for no in set(range(6)) - count.out:
                mine = sum(win for player, _, _, win, _ in count.facts if player == no)
                need(points[no] == mine, f"player {no} has {points[no]} points, recounted {mine}")

    def _recount_salt(self, state: Tournament, salt: str) -> None:
        """From the list of those who were in at the start, and the round that came six seconds later."""
        assert state.rules.room is not None and state.started_at_ms is not None
        if not salt:
            self.checks.note("never opened")
            return
        ids = "\n".join(internal_player_id(state.id, state.entries[n].player_id, n) for n in range(6))
        text = bytes.fromhex(state.rules.room.commitment) + hashlib.sha256(ids.encode()).digest()
        if state.rules.room.beacon:
            behind_ms = QUICKNET.instant_of(state.room.beacon_round) - state.started_at_ms
            need(6_000 <= behind_ms < 9_000, "the first round from six seconds after the close of the list")
            text += hashlib.sha256(bytes.fromhex(state.room.beacon)).digest()
            self.checks.note("salted by a beacon")
        need(salt == hashlib.sha256(text).hexdigest(), "the salt follows from entrants and beacon")

    async def _end(self) -> None:
        for front_end in self.front_ends:
            await front_end.die()
        for node in self.nodes:
            await node.close()
        for forget in (False, True):
            if forget:
                self.store._tournaments[TOURNAMENT].checkpoints.clear()
            fresh = self._node(9)
            await fresh.ask(TOURNAMENT, ReadSummary())
            owner = fresh.host(TOURNAMENT)._owner
            assert owner is not None and owner.room is not None and self.checks.shadow is not None
            need(owner.room.why_lost() is None, f"the room is recovered: {owner.room.why_lost()}")
            same = codec.state_digest(owner.state) == codec.state_digest(self.checks.shadow)
            need(same, "a recovered owner holds what the log says, with checkpoints and without")
            engine = owner.room.engine
            need(engine is None or engine.room.is_balanced(), "no credit has appeared or vanished")
            await fresh.close()


def dice_is_low(luck: random.Random) -> bool:
    """Every other time."""
    return luck.random() < 0.5


class _Relay:
    """Says what the network has signed, once that is so; often it is away."""

    def __init__(self, clock: Clock, luck: random.Random) -> None:
        self._clock = clock
        self._luck = luck

    async def signatures(self, chain: BeaconChain, number: int) -> AsyncGenerator[bytes]:
        need(self._clock.now_ms() >= chain.instant_of(number), "a round is not asked for before it comes")
        await asyncio.sleep(self._luck.uniform(0, 2))
        if self._luck.random() < 0.5:
            yield hashlib.sha384(number.to_bytes(8, "big")).digest()


async def _trusted(chain: BeaconChain, number: int, signature: bytes) -> bool:
    return True


class _Serial(SystemIds):
    """Ids without chance of their own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = itertools.count(1)

    def command_id(self) -> str:
        return f"{self._name}-{next(self._numbers)}"


class _Further(Network):
    """A caller that is further away than others."""

    def __init__(self, nodes: Any, luck: random.Random, weather: Weather, further_s: float) -> None:
        super().__init__(nodes, luck, weather)
        self._further_s = further_s

    async def _lag(self) -> None:
        await asyncio.sleep(self._further_s / 2)
        await super()._lag()


def simulate_room(seed: int, home: Path) -> Report:
    """One run. Raises `Broken` when an invariant does not hold."""
    logging.disable(logging.CRITICAL)
    try:
        report: Report = run_virtually(lambda clock: RoomWorld(seed, clock, home).run(), STEPS_MAX)
        return report
    finally:
        logging.disable(logging.NOTSET)
