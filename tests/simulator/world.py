"""One run: people, faults and an evening, all of one seed."""

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Any

from actors.local_directory import LocalDirectory
from actors.replies import Done
from actors.requests import ReadSummary
from server.domain.tournament import commands
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.pool import PrizePool
from server.domain.tournament.rules.rules import Rounds
from server.encoding import codec
from server.ports import Wallet as Target
from tests.simulator.carried import Carrier, Client
from tests.simulator.checks import Checks, need
from tests.simulator.faults import FaultyStore, Network, Weather
from tests.simulator.loop import STEPS_MAX, VirtualClock, run_virtually
from tests.simulator.people import Casino, Game, Watcher
from tests.support.builders import TENANT, TOURNAMENT, create
from tests.support.faults import CommandIds
from tests.support.placed import kill
from tests.support.wallet import Wallet
from workers.loops.schedule import Scheduler
from workers.loops.settlement import Settlement

_PLAY_S = 60.0
_PATIENCE_S = 1_800.0


@dataclass(slots=True)
class Report:
    """How a run went: its fingerprint, and what happened how often."""

    digest: str
    notes: dict[str, int]
    facts: int
    kills: int
    frames: int


class World:
    """Two nodes, a store, a wallet, two games, a casino, two watchers, workers; and something that kills."""

    STEPS_MAX = STEPS_MAX

    def __init__(self, seed: int, clock: VirtualClock) -> None:
        self.luck = random.Random(seed)
        self.clock = clock
        self.weather = Weather.of(self.luck)
        self.checks = Checks()
        self.store = FaultyStore(clock, self.luck, self.weather, self.checks)
        self.carrier = Carrier(self.luck, self.weather)
        self.nodes: list[Any] = self._nodes()
        self.wallet = Wallet()
        self.wallet.mood = lambda key: self.luck.choice(["ok", "ok", "ok", "answer lost", "busy", "away"])
        self.casino = Casino(self._network(), self.luck, self.checks)
        self.games = [Game(f"g{n}", self._network(), self.luck, self.checks) for n in range(2)]
        self.watchers = [Watcher(f"w{n}", self._network(), self.luck, self.checks) for n in range(2)]
        self.clients = [
            Client(f"fe{n}", self._network(), self.clock, self.carrier, self.checks) for n in range(2)
        ]
        self.kills = 0
        self._ids = CommandIds("worker")
        self._running: list[asyncio.Task[Any]] = []

    def _node(self, number: int) -> LocalDirectory:
        def jitter(seconds: float) -> float:
            return self.luck.uniform(0.5, 1) * seconds

        return LocalDirectory(self.store, self.clock, f"node-{number}", jitter, self.carrier)

    def _nodes(self) -> list[Any]:
        return [self._node(number) for number in range(2)]

    def _network(self) -> Network:
        return Network(self.nodes, self.luck, self.weather)

    async def run(self) -> Report:
        """The evening, then fair weather, then the accounts. Raises what was found broken first."""
        return await self.checks.over(self._evening())

    async def _evening(self) -> Report:
        users = [f"u{n}" for n in range(self.luck.randint(2, 6))]
        await self.casino.request(create(**self._rules()))
        await self.store.set_wallet(TENANT, Target("https://wallet.example", ("whsec_c2VjcmV0",)))
        self._running = [asyncio.create_task(work) for work in self._background()]
        await asyncio.gather(*(self.casino.sell(user) for user in users))
        await self.casino.request(commands.Start())
        play = [game.play(users, _PLAY_S, self.clock.now_ms) for game in self.games]
        await self._watched(asyncio.gather(self.casino.evening(users, _PLAY_S), self._setback(), *play))
        if self.luck.random() < 0.2:
            await self.casino.request(commands.Cancel("storm"))
        self.weather.clear()
        self.clock.correct()
        await self._watched(self._fair_weather())
        await self._stop()
        frames = sum(watcher.seen for watcher in self.watchers)
        facts = len(self.checks.acknowledged)
        return Report(self.checks.digest(), dict(self.checks.notes), facts, self.kills, frames)

    def _rules(self) -> dict[str, Any]:
        rounds = Rounds(3, 20_000, elimination_rate=3_000, survivors=1)
        play = self.luck.choice([{"duration_ms": int(_PLAY_S * 1_000)}] * 2 + [{"rounds": rounds}])
        return play | {
            "start_at_ms": self.clock.now_ms() + 120_000,
            "rebuy_enabled": True,
            "rebuy_fee_minor": 500,
            "fee_minor": 0,
            "late_registration_ms": 30_000,
            "min_players": 1,
            "prize_pool": self.luck.choice(
                [PrizePool(), PrizePool("fixed", 50_00, (50, 30, 20), unit="weight")]
            ),
            "cancellation_policy": self.luck.choice(["pro_rata", "full", "roll_forward"]),
        }

    def _background(self) -> list[Any]:
        return [
            *(watcher.watch() for watcher in self.watchers),
            self._restarted(
                lambda: Scheduler(self.store, self._network(), self.store, self.clock, self._ids).run()  # type: ignore[arg-type]
            ),
            *(self._restarted(lambda: self._settlement().run()) for _ in range(2)),
            self._killer(),
            self._clock_setter(),
            *(client.follow() for client in self.clients),
            self._forger(),
        ]

    def _scheduler(self) -> Scheduler:
        return Scheduler(self.store, self._network(), self.store, self.clock, self._ids)  # type: ignore[arg-type]

    def _settlement(self) -> Settlement:
        jitter = self.luck.uniform
        return Settlement(
            self.store,
            self._network(),
            self.wallet,  # type: ignore[arg-type]
            self.clock,
            self._ids,  # type: ignore[arg-type]
            lambda seconds: jitter(0.5, 1) * seconds,
        )

    async def _restarted(self, life: Any) -> None:
        """A worker that is killed now and then, and started again."""
        while True:
            task = asyncio.create_task(life())
            try:
                await asyncio.wait({task}, timeout=self.luck.expovariate(1 / self.weather.kill_every_s))
                if task.done() and task.exception() is not None:
                    raise task.exception() or AssertionError
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _killer(self) -> None:
        """Owners die without a word."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / self.weather.kill_every_s))
            node = self.luck.choice(self.nodes)
            host = node._hosts.pop(TOURNAMENT, None)
            if host is not None:
                self.kills += 1
                self.checks.note("kill")
                await kill(host)

    async def _clock_setter(self) -> None:
        """Somebody sets the wall clock back or ahead."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / 15))
            if self.weather.clock_step_ms:
                self.clock.step(self.luck.randint(-self.weather.clock_step_ms, self.weather.clock_step_ms))
                self.checks.note("clock set")

    async def _setback(self) -> None:
        """In the middle of play the database is set back to an earlier moment."""
        if not self.weather.restores:
            return
        await asyncio.sleep(self.luck.uniform(1, 30))
        saved = self.store.snapshot()
        await asyncio.sleep(self.luck.uniform(1, 20))
        if self.checks.shadow is not None and self.checks.shadow.status is Status.IN_PROGRESS:
            self.store.restore(saved)
            self.checks.note("database restored")
            for game in self.games:
                game.unsure += game.lost()

    async def _forger(self) -> None:
        """Somebody who can reach the carrier says things about boards."""
        while True:
            await asyncio.sleep(self.luck.expovariate(1 / 5))
            if self.weather.lost:
                self.carrier.forge(self.luck)
                self.checks.note("frame forged")

    async def _watched(self, work: Any) -> None:
        """Work beside the others; whoever of them finds something broken ends the run."""
        task = asyncio.ensure_future(work)
        await asyncio.wait({task, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        for other in self._running:
            if other.done() and other.exception() is not None:
                task.cancel()
                raise other.exception() or AssertionError
        await task

    async def _fair_weather(self) -> None:
        """What was not acknowledged is reported once more; then everything comes to its end by itself."""
        for game in self.games:
            for _ in range(20):
                if not game.unsure:
                    break
                await game.report(game.unsure)
                await asyncio.sleep(1)
            need(not game.unsure, "in fair weather every fact gets its answer")
        self.wallet.mood = lambda key: "ok"
        for _ in range(int(_PATIENCE_S)):
            if await self._settled():
                return
            await asyncio.sleep(60)
        need(False, "in fair weather every tournament comes to its end and everything owed is paid")

    async def _settled(self) -> bool:
        await self.casino.request(commands.Advance())
        state = self.checks.shadow
        assert state is not None
        over = state.status is Status.CANCELLED or state.results_status is ResultsStatus.FINAL
        if over:
            await self._release()
        return over and all(payout.state == "paid" for payout in state.payouts.values())

    async def _release(self) -> None:
        """A person lets what got stuck be paid again."""
        state = self.checks.shadow
        assert state is not None
        for payout in list(state.payouts.values()):
            if payout.state == "needs_person":
                await self.casino.request(commands.Settle((PayoutStep(payout.id, "approved"),), strict=False))

    async def _stop(self) -> None:
        """The last accounts: money, digest after a recovery, and the final board for every watcher."""
        self._accounts()
        for watcher in self.watchers:
            await watcher.look()
            await watcher.look()
        await asyncio.sleep(10)
        final = self.checks.board()
        for client in self.clients:
            need(client.shown() == final, "ten seconds later every client has the board of the log")
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for node in self.nodes:
            await node.close()
        assert self.checks.shadow is not None
        for forget in (False, True):
            if forget:
                self.store._tournaments[TOURNAMENT].checkpoints.clear()
            fresh = self._node(9)
            need(isinstance(await fresh.ask(TOURNAMENT, ReadSummary()), Done), "a fresh owner answers")
            owner = fresh.host(TOURNAMENT)._owner
            assert owner is not None
            same = codec.state_digest(owner.state) == codec.state_digest(self.checks.shadow)
            need(same, "a recovered owner holds what the log says, with checkpoints and without")
            await fresh.close()

    def _accounts(self) -> None:
        state = self.checks.shadow
        assert state is not None
        owed = {payout.id: payout.amount_minor for payout in state.payouts.values() if payout.amount_minor}
        need(set(self.wallet.credited) == set(owed), "everything owed was credited, and nothing else")
        need(self.wallet.paid_minor() == sum(owed.values()), "to the cent")
        _, rows = _payout_rows(self.store)
        need(
            {name: row.state for name, row in rows.items()} == dict.fromkeys(rows, "paid"),
            "and is kept as paid",
        )
        for game in self.games:
            for name in game.accepted:
                need(self.checks.recorded[name] == 1, f"{name} is stored once")


def _payout_rows(store: FaultyStore) -> tuple[int, dict[str, Any]]:
    rows = {name: owed.row.payout for name, (_, owed) in store._owed.items()}
    return len(rows), rows


def simulate(seed: int, world: type[World] = World) -> Report:
    """One run. Raises `Broken` when an invariant does not hold."""
    logging.disable(logging.CRITICAL)
    try:
        report: Report = run_virtually(lambda clock: world(seed, clock).run(), world.STEPS_MAX)
        return report
    finally:
        logging.disable(logging.NOTSET)
