"""Players of a simulated room, and the front ends that they sit behind."""

import asyncio
import itertools
import json
import random
from typing import Any

from api.ws.packing import Packed
from api.ws.room.connection import Connection
from api.ws.room.room_link import RoomLink
from server.ports import Clock
from tests.simulator.checks import Checks, need
from tests.simulator.faults import Network
from tests.simulator.loop import START_MS
from tests.support.builders import TOURNAMENT
from tests.support.sockets import texts


class Skewed:
    """A clock of another machine: it began elsewhere, and its wall clock is wrong."""

    def __init__(self, clock: Clock, luck: random.Random) -> None:
        self._clock = clock
        self._began_ms = luck.randrange(10**9)
        self._wrong_ms = luck.randint(-300, 300)

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._wrong_ms

    def monotonic_ms(self) -> int:
        return self._clock.monotonic_ms() + self._began_ms

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FrontEnd:
    """One life of a front end: a link, its loops, the bots that are connected."""

    def __init__(self, name: str, life: int, network: Network, clock: Clock) -> None:
        self.connected: dict[Bot, None] = {}
        self.link = RoomLink(TOURNAMENT, network, clock, name, lambda: life, self._tell_all)
        loops = (self.link.ping, self.link.poll, self.link.deliver, self.link.greet)
        self._tasks = [asyncio.create_task(loop()) for loop in loops]

    def _tell_all(self, frame: Packed) -> None:
        for bot in list(self.connected):
            bot.hear(frame)

    async def die(self) -> None:
        """SIGKILL: what it held is lost, and its clients see the connection end."""
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for bot in list(self.connected):
            bot.lost(self)
        wrong = [one for one in results if isinstance(one, Exception)]
        need(not wrong, f"a loop of a front end ended: {wrong}")


class Bot:
    """Bets, cashes out, comes back to its seat, and sends again what was not answered, under the same ids."""

    def __init__(self, player: int, luck: random.Random, checks: Checks) -> None:
        self.player = player
        self.answers: dict[tuple[int, int], dict[str, Any]] = {}
        self.unanswered: dict[int, dict[str, Any]] = {}
        self.crashed: set[int] = set()
        self._luck = luck
        self._checks = checks
        self._ids = itertools.count(1)
        self._front_end: FrontEnd | None = None
        self._connection: Connection | None = None
        self._seat = 0
        self._flight = 0
        self._joined = asyncio.Event()
        self._began = asyncio.Event()
        self._climbs = asyncio.Event()

    # The line

    def connect(self, front_end: FrontEnd) -> None:
        """Connect, and ask for the seat."""
        self._front_end = front_end
        front_end.connected[self] = None
        self._connection = front_end.link.connect(self.player, self.hear)
        front_end.link.show_to(self.hear)
        front_end.link.join(self._connection, self._seat)

    def lost(self, front_end: FrontEnd) -> None:
        """The connection has ended."""
        front_end.connected.pop(self, None)
        self._front_end = self._connection = None
        self._joined.clear()

    def hear(self, frame: Packed) -> None:
        for text in texts(frame.plain):
            self._take(json.loads(text))

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "joined":
                if frame["seat"] != self._seat:
                    self.unanswered.clear()  # another seat counts anew: what was not answered is given up
                    self._ids = itertools.count(frame["lastId"] + 1)
                self._seat = frame["seat"]
                self._joined.set()
                for message in list(self.unanswered.values()):
                    self._send(message)
            case "refused" if frame["id"] is None:
                self._checks.note(f"seat: {frame['error']}")
                self._joined.clear()
                if frame["error"] in ("overloaded", "room_waiting", "service_unavailable"):
                    asyncio.get_running_loop().call_later(1, self._ask_again)
            case "played" | "refused":
                self._answered(frame)
            case "room_state":
                self._flight = frame["flight"]
            case "room_events":
                self._events(frame["events"])

    def _ask_again(self) -> None:
        if self._front_end is not None and self._connection is not None and not self._joined.is_set():
            self._front_end.link.join(self._connection, self._seat)

    def _answered(self, frame: dict[str, Any]) -> None:
        what = frame["error"] if frame["type"] == "refused" else "played"
        self._checks.note(f"move: {what}")
        if what == "overloaded":
            return
        message = self.unanswered.pop(frame["id"], None)
        if message is None:
            return
        self.answers[self._seat, frame["id"]] = frame | {"move": message["move"], "on": message["flight"]}
        if message["after_crash"]:
            need(what != "played", "who has seen the crash cannot leave before it")
        if self._front_end is not None and frame["stampMs"] is not None and message["sent"]:
            self._check_stamp(frame["stampMs"], message["sent"], self._front_end)

    def _check_stamp(self, stamp_ms: int, sent: list[tuple[float, int]], front_end: FrontEnd) -> None:
        """Off by no more than was said when it was stamped; before the clock was set, when it was answered."""
        now_us = front_end.link.stamps.uncertainty_us
        over_ms = [abs(stamp_ms - at_ms) - 2 * max(us, now_us) / 1_000 - 30 for at_ms, us in sent]
        need(min(over_ms) <= 0, f"a stamp is {min(over_ms):.0f} ms more off than was said")

    def _events(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["kind"] == "flight_began":
                self._flight = event["data"]["flight"]
                self._began.set()
            elif event["kind"] == "climb":
                self._climbs.set()
            elif event["kind"] == "crash":
                self.crashed.add(event["data"]["flight"])
                if self._luck.random() < 0.5:
                    self._make("cash_out", {}, after_crash=True)

    # Playing

    def move(self, move: str, **arguments: Any) -> None:
        """Make a move."""
        self._make(move, arguments)

    def _make(self, move: str, arguments: dict[str, Any], *, after_crash: bool = False) -> None:
        number = next(self._ids)
        message = {
            "id": number,
            "flight": self._flight,
            "move": move,
            "body": json.dumps(arguments).encode(),
            "after_crash": after_crash,
            "sent": [],
        }
        self.unanswered[number] = message
        self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        if self._front_end is None or self._connection is None or not self._joined.is_set():
            return
        sent_ms = START_MS + asyncio.get_running_loop().time() * 1_000
        message["sent"].append((sent_ms, self._front_end.link.stamps.uncertainty_us))
        times = 2 if self._luck.random() < 0.1 else 1
        for _ in range(times):
            self._front_end.link.play(
                self._connection, message["id"], message["flight"], message["move"], message["body"]
            )

    async def play(self) -> None:
        """For ever."""
        while True:
            self._began.clear()
            await self._began.wait()
            await asyncio.sleep(self._luck.uniform(0, 1.2))
            if self._luck.random() < 0.85:
                auto = {"autoCashOut": self._luck.randint(101, 250) / 100} if self._luck.random() < 0.4 else {}
                self.move("bet", amount=self._luck.randint(1, 12) * 10, **auto)
                self._climbs.clear()
                if self._luck.random() < 0.1:
                    self.move("cancel_bet")
                await asyncio.wait({asyncio.create_task(self._climbs.wait())}, timeout=10)
                await asyncio.sleep(self._luck.uniform(0, 6))
                self.move(self._luck.choice(["cash_out", "cash_out", "set_auto"]))
