"""Who uses the house: a casino, a game, watchers. They repeat what was not answered, under the same ids."""

import asyncio
import random
from typing import Any

from actors.fact_batcher import FactBatcher
from actors.replies import Done, Frames, Refused, Reply, Unavailable
from actors.requests import CommandRequest, Poll
from server.domain.money import POINT_SCALE
from server.domain.refusal import Code
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import commands
from tests.simulator.checks import Checks, need, rows_of
from tests.simulator.faults import Network
from tests.support.builders import TOURNAMENT, register

RECORDED = {Outcome.ACCEPTED, Outcome.DUPLICATE}


class Casino:
    """Sells entries and moves the tournament; asks again until it has an answer."""

    def __init__(self, network: Network, luck: random.Random, checks: Checks) -> None:
        self._network = network
        self._luck = luck
        self._checks = checks
        self._serial = 0

    async def request(self, command: commands.Command) -> Reply:
        """The definite answer to one command, under one id however often it must be asked."""
        self._serial += 1
        request: CommandRequest[object] = CommandRequest(command, f"casino-{self._serial}", "key:casino")
        timeline = self._checks.timeline
        for _ in range(1_000):
            send = (
                self._network.create(request) if isinstance(command, commands.Create) else self._ask(request)
            )
            reply = await send
            if not isinstance(reply, Unavailable):
                break
            await asyncio.sleep(self._luck.uniform(0.05, 1))
        # Doing what is due is no deed of anybody: its answer is of the moment.
        if isinstance(reply, Done) and not isinstance(command, commands.Advance):
            self._answered(request, reply, timeline)
            if self._luck.random() < 0.2:
                again = await self._ask(request)
                if isinstance(again, Done):
                    self._answered(request, again, timeline)
        name = type(reply).__name__ if not isinstance(reply, Refused) else reply.code
        self._checks.note(f"{type(command).__name__}: {name}")
        return reply

    def _answered(self, request: CommandRequest[object], reply: Done, timeline: int) -> None:
        """What was said of a moment that is no more binds nobody."""
        if timeline == self._checks.timeline:
            self._checks.answered(request.command_id, reply.value)

    async def _ask(self, request: CommandRequest[object]) -> Reply:
        return await self._network.ask(TOURNAMENT, request)

    async def sell(self, user: str) -> None:
        """An entry; nobody else sells to this user, so it cannot be there before."""
        reply = await self.request(register(user))
        twice = isinstance(reply, Refused) and reply.code == Code.ALREADY_REGISTERED
        need(not twice, f"{user} was registered, and the answer to it was lost for good")

    async def evening(self, users: list[str], seconds: float) -> None:
        """Now and then something by hand."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self._luck.uniform(0.5, 8))
            await self.request(self._something(self._luck.choice(users)))

    def _something(self, user: str) -> commands.Command:
        dice = self._luck.random()
        if dice < 0.4:
            return commands.Rebuy(user, 1, 500)
        if dice < 0.6:
            return commands.Correct("adjust", "by hand", user, points=self._luck.randint(-3, 3) * POINT_SCALE)
        if dice < 0.75:
            return register(f"late-{self._luck.randrange(10**6)}")
        if dice < 0.85:
            return commands.Remove(user)
        if dice < 0.95:
            return commands.Disqualify(user, "cheated")
        return commands.Correct("reset", "restart", user)


class Game:
    """Reports facts, again and again until it is told what became of them; sometimes in another order."""

    def __init__(self, name: str, network: Network, luck: random.Random, checks: Checks) -> None:
        self._name = name
        self._courier = FactBatcher(network)
        self._luck = luck
        self._checks = checks
        self._serial = 0
        self.unsure: list[Fact] = []
        self.accepted: dict[str, Fact] = {}

    async def play(self, users: list[str], seconds: float, now_ms: Any) -> None:
        """Rounds until the end, each reported until it is acknowledged."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(self._luck.uniform(0.05, 2))
            fresh = [self._fact(self._luck.choice(users), now_ms()) for _ in range(self._luck.randint(1, 6))]
            await self.report([*self.unsure, *fresh])

    async def report(self, facts: list[Fact]) -> None:
        """One request; what gets no answer is asked again with the next one."""
        self._luck.shuffle(facts)
        timeline = self._checks.timeline
        told = await self._courier.send(TOURNAMENT, facts)
        if timeline != self._checks.timeline:
            self.unsure = [*facts, *self.lost()]
            return
        if not isinstance(told, list):
            self._checks.note(f"facts: {type(told).__name__}")
            self.unsure = facts if isinstance(told, Unavailable) else []
            return
        self.unsure = []
        for fact, outcome in zip(facts, told, strict=True):
            self._checks.note(f"fact: {outcome.name}")
            if outcome in RECORDED:
                self._checks.acked(fact.event_id)
                self.accepted[fact.event_id] = fact

    def lost(self) -> list[Fact]:
        """What was accepted and is not there any more, because the store was set back: reported again."""
        gone = [name for name in self.accepted if not self._checks.recorded[name]]
        return [self.accepted.pop(name) for name in gone]

    def _fact(self, user: str, now_ms: int) -> Fact:
        self._serial += 1
        points = self._luck.randint(0, 9) * POINT_SCALE
        at_ms = now_ms - self._luck.randint(0, 500)
        return Fact(
            f"{self._name}-{self._serial}", user, "round", points, None, None, None, None, at_ms, at_ms
        )


class Watcher:
    """A front end's long poll with the model of the board that a client keeps; it also dies and comes back."""

    def __init__(self, name: str, network: Network, luck: random.Random, checks: Checks) -> None:
        self._name = name
        self._network = network
        self._luck = luck
        self._checks = checks
        self.position: tuple[int, int] | None = None
        self.rows: list[dict[str, Any]] = []
        self.seen = 0

    async def watch(self) -> None:
        """For ever."""
        while True:
            await self.look()
            if self._luck.random() < 0.05:
                self.position, self.rows = None, []
            await asyncio.sleep(self._luck.uniform(0, 1))

    async def look(self) -> None:
        """One poll: missed frames in order, or the whole board; never a silent gap."""
        epoch, seq = self.position or (None, 0)
        told = await self._network.frames(TOURNAMENT, Poll(self._name, 1, epoch, seq))
        if not isinstance(told, Frames):
            return
        if told.contiguous and self.position is not None:
            need(told.epoch == epoch, "frames of another epoch come with a snapshot")
            for number, _, data in told.frames:
                seq += 1
                need(number == seq, "frames follow each other without a gap")
                self._apply(rows_of(data))
            need(seq == told.seq, "all that was missed comes")
        elif told.snapshot is not None:
            self.rows = rows_of(told.snapshot)["rows"]
        else:
            return
        self.position = told.epoch, told.seq
        self._checks.saw(self.rows)
        self.seen += 1

    def _apply(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "delta":
            return
        changed = {row["playerId"]: row for row in frame["rows"]}
        gone = {*frame["left"], *changed}
        kept = [row for row in self.rows if row["playerId"] not in gone]
        self.rows = sorted([*kept, *changed.values()], key=lambda row: row["position"])
