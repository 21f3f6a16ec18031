"""What goes wrong, and how often: drawn from the seed, so that some runs are calm and some are wild."""

import asyncio
import copy
import pickle
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from actors.local_directory import LocalDirectory
from actors.replies import Frames, Reply, RoomNews, Unavailable
from actors.requests import CommandRequest, Deliver, Message, Poll, RoomPoll
from server.domain.ids import TournamentId
from server.ports import (
    AnswerRow,
    BlockRow,
    Checkpoint,
    Clock,
    Commit,
    EventRow,
    Held,
    OwnerProcess,
    Placed,
    StoreUnavailable,
)
from server.storage.memory.store import MemoryStore
from tests.simulator.checks import Checks
from tests.support.builders import TOURNAMENT

T = TypeVar("T")
# Of so many evenings the database is set back to an earlier moment.
_RESTORED = 0.2
_NOT_STORED = {"_clock", "_luck", "_weather", "_checks", "_late"}


@dataclass(slots=True)
class Weather:
    """Chances per call, and longest delays in seconds."""

    lost: float = 0.0
    doubled: float = 0.0
    lag_s: float = 0.0
    store_before: float = 0.0
    store_after: float = 0.0
    store_stuck: float = 0.0
    store_lag_s: float = 0.0
    bad_checkpoint: float = 0.0
    kill_every_s: float = 60.0
    move_every_s: float = 20.0
    clock_step_ms: int = 0
    restores: bool = False

    @classmethod
    def of(cls, luck: random.Random) -> "Weather":
        """Of a seed: each fault is absent, rare or frequent."""

        def rate(most: float) -> float:
            return most * luck.choice([0.0, 0.1, 0.4, 1.0])

        restores = luck.random() < _RESTORED
        return cls(
            restores=restores,
            # A restored evening must not end before it is restored.
            clock_step_ms=0 if restores else luck.choice([0, 0, 0, 4_000, 90_000]),
            lost=rate(0.25),
            doubled=rate(0.3),
            lag_s=rate(2.0),
            store_before=rate(0.15),
            store_after=rate(0.15),
            store_stuck=rate(0.03),
            store_lag_s=rate(0.5),
            bad_checkpoint=rate(0.5),
            kill_every_s=luck.choice([3.0, 10.0, 30.0, 1_000.0]),
        )

    def clear(self) -> None:
        """Everything works from here on."""
        self.lost = self.doubled = self.lag_s = 0.0
        self.store_before = self.store_after = self.store_stuck = self.store_lag_s = self.bad_checkpoint = 0.0
        self.kill_every_s = self.move_every_s = 10**9
        self.clock_step_ms = 0


class FaultyStore(MemoryStore):
    """The memory twin, behind a line that is slow, breaks before or after, or gets stuck and delivers late."""

    def __init__(self, clock: Clock, luck: random.Random, weather: Weather, checks: Checks) -> None:
        super().__init__(clock)
        self._luck = luck
        self._weather = weather
        self._checks = checks
        self._late: set[asyncio.Task[None]] = set()

    def snapshot(self) -> dict[str, Any]:
        """Everything that is stored, as of now."""
        return copy.deepcopy({name: kept for name, kept in vars(self).items() if name not in _NOT_STORED})

    def restore(self, saved: dict[str, Any]) -> None:
        """The database as it was, under whoever uses it. What hangs on its way there arrives all the same."""
        vars(self).update(copy.deepcopy(saved))
        self._checks.restored(self._tournaments[TOURNAMENT], self._outbox[TOURNAMENT])

    async def _line(self, before: float, after: float, work: Any) -> Any:
        if self._weather.store_lag_s:
            await asyncio.sleep(self._luck.uniform(0, self._weather.store_lag_s))
        if self._luck.random() < before:
            raise StoreUnavailable("simulated: before")
        told = await work()
        if self._luck.random() < after:
            raise StoreUnavailable("simulated: after")
        return told

    async def begin(self, commit: Commit) -> bool:
        async def store() -> bool:
            born = await MemoryStore.begin(self, commit)
            if born:
                self._checks.stored(commit)
            return born

        born: bool = await self._line(self._weather.store_before, self._weather.store_after, store)
        return born

    async def commit(self, commit: Commit) -> None:
        commit = pickle.loads(pickle.dumps(commit))
        if self._luck.random() < self._weather.store_stuck:
            await self._get_stuck(commit)

        async def store() -> None:
            self._write(commit)

        await self._line(self._weather.store_before, self._weather.store_after, store)

    def _write(self, commit: Commit) -> None:
        """One moment: nothing can come between the fence and the rows."""
        stored = self._owned(commit.tournament_id, commit.epoch, commit.after)
        self._store(stored, commit)
        self._checks.stored(commit)

    async def _get_stuck(self, commit: Commit) -> None:
        """The commit hangs; long after the owner gave up it arrives all the same, if its epoch still may."""
        wait_s = self._luck.uniform(1, 60)

        async def deliver() -> None:
            await asyncio.sleep(wait_s)
            try:
                self._write(commit)
            except Exception as error:
                self._checks.note(f"late commit refused: {type(error).__name__}")

        task = asyncio.create_task(deliver())
        self._late.add(task)
        await asyncio.sleep(100)
        raise StoreUnavailable("simulated: stuck")

    async def take_over(
        self, tournament_id: TournamentId, holder: str, placement: str | None = None
    ) -> int | None:
        async def take() -> int | None:
            return await MemoryStore.take_over(self, tournament_id, holder, placement)

        epoch: int | None = await self._line(self._weather.store_before, self._weather.store_after, take)
        return epoch

    async def tail(self, tournament_id: TournamentId, after_seq: int) -> AsyncIterator[EventRow | BlockRow]:
        async for row in super().tail(tournament_id, after_seq):
            if self._luck.random() < self._weather.store_before / 20:
                raise StoreUnavailable("simulated: while reading")
            yield row

    async def answer(self, tournament_id: TournamentId, command_id: str) -> AnswerRow | None:
        async def read() -> AnswerRow | None:
            return await MemoryStore.answer(self, tournament_id, command_id)

        row: AnswerRow | None = await self._line(self._weather.store_before, 0, read)
        return row

    async def save_checkpoint(self, tournament_id: TournamentId, epoch: int, point: Checkpoint) -> None:
        if self._luck.random() < self._weather.bad_checkpoint:
            point = replace(point, payload=point.payload[: self._luck.randrange(len(point.payload))])

        async def store() -> None:
            await MemoryStore.save_checkpoint(self, tournament_id, epoch, point)

        await self._line(self._weather.store_before, self._weather.store_after, store)

    async def place(
        self, tournament_id: TournamentId, placement: str | None, expected: str | None
    ) -> Placed | None:
        async def place() -> Placed | None:
            return await MemoryStore.place(self, tournament_id, placement, expected)

        placed: Placed | None = await self._line(self._weather.store_before, self._weather.store_after, place)
        return placed

    async def enter(self, placement: str, holder: str) -> int:
        async def enter() -> int:
            return await MemoryStore.enter(self, placement, holder)

        incarnation: int = await self._line(self._weather.store_before, self._weather.store_after, enter)
        return incarnation

    async def beat(self, process: OwnerProcess, held: Sequence[Held]) -> list[TournamentId] | None:
        async def beat() -> list[TournamentId] | None:
            return await MemoryStore.beat(self, process, held)

        lost: list[TournamentId] | None = await self._line(self._weather.store_before, 0, beat)
        return lost

    async def heartbeat(self, tournament_id: TournamentId, epoch: int, head: bytes | None = None) -> bool:
        async def beat() -> bool:
            return await MemoryStore.heartbeat(self, tournament_id, epoch, head)

        alive: bool = await self._line(self._weather.store_before, 0, beat)
        return alive


class Network:
    """`Directory` of one caller: messages are copied, late, lost, doubled; each goes to one of several
    nodes, which do not know of each other."""

    def __init__(self, nodes: list[LocalDirectory], luck: random.Random, weather: Weather) -> None:
        self._nodes = nodes
        self._luck = luck
        self._weather = weather
        self._doubles: set[asyncio.Task[Any]] = set()

    def node(self) -> LocalDirectory:
        """Mostly the first: the hint that a name is."""
        return self._nodes[0] if self._luck.random() < 0.8 else self._luck.choice(self._nodes)

    async def create(self, request: CommandRequest[object]) -> Reply:
        reply: Reply = await self._through(lambda: self.node().create(pickle.loads(pickle.dumps(request))))
        return reply

    async def ask(self, tournament_id: str, message: Message) -> Reply:
        def once() -> Any:
            return self.node().host(tournament_id).ask(pickle.loads(pickle.dumps(message)))

        reply: Reply = await self._through(once)
        return reply

    async def frames(self, tournament_id: str, poll: Poll) -> Frames | Unavailable:
        await self._lag()
        return await self.node().frames(tournament_id, poll)

    async def room_news(self, tournament_id: str, poll: RoomPoll) -> RoomNews | Unavailable:
        await self._lag()
        return await self.node().room_news(tournament_id, poll)

    async def room_time(self, tournament_id: str) -> int | Unavailable:
        await self._lag()
        room_us = await self.node().room_time(tournament_id)
        await self._lag()
        return room_us

    async def deliver(self, tournament_id: str, message: Deliver) -> Reply:
        return await self.ask(tournament_id, message)

    async def keep_up(self) -> None:
        """Nothing runs unasked."""

    async def rescue(self) -> int:
        return 0

    async def close(self) -> None:
        """Nothing to let go."""

    async def _through(self, send: Any) -> Any:
        await self._lag()
        if self._luck.random() < self._weather.lost:
            return Unavailable("simulated: lost on the way")
        if self._luck.random() < self._weather.doubled:
            self._doubles.add(asyncio.create_task(self._later(send)))
        told = pickle.loads(pickle.dumps(await send()))
        await self._lag()
        return Unavailable("simulated: answer lost") if self._luck.random() < self._weather.lost else told

    async def _later(self, send: Any) -> None:
        await self._lag()
        await send()

    async def _lag(self) -> None:
        await asyncio.sleep(self._luck.uniform(0, self._weather.lag_s))
