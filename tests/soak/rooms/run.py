"""One room on real processes: what is killed while hundreds are in the air, and the recount at the end."""

import asyncio
import os
import random
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
import asyncpg

from server.domain.rooms.fairness import chain_of
from server.encoding.room_codec import decode_batch
from server.encoding.wire import instant
from server.runtime.clock import SystemClock
from tests.simulator.rooms.recount import Recount
from tests.soak.load import Client
from tests.soak.rooms.players import Player
from tests.soak.run import _verify

SETTINGS = {
    "startingCredits": 1_000_000, "minBet": 1, "bettingMs": 4_000, "pauseMs": 2_000, "capMultiplier": 5,
}  # fmt: skip
# Postgres is stopped for so long where it is to be away; where it is only killed, `up` starts it again.
AWAY_S = 5.0
PATIENCE_S = 240.0


@dataclass(slots=True)
class Report:
    """What came out. `wrong` is empty when every promise was kept."""

    players: int
    kills: dict[str, int] = field(default_factory=dict)
    in_the_air: list[int] = field(default_factory=list)
    next_frame_s: list[float] = field(default_factory=list)
    flights: int = 0
    moves: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """For a person: with median and p95 of the time to the next frame."""
        waits = self.next_frame_s or [0.0]
        p95 = max(waits) if len(waits) < 2 else quantiles(waits, n=20)[-1]
        return asdict(self) | {"next_frame_median_s": median(waits), "next_frame_p95_s": p95}


class Soak:
    """Kills in the climb, one thing after the other."""

    def __init__(self, home: Path, http: aiohttp.ClientSession, players: int, seed: int) -> None:
        self.report = Report(players)
        self._client = Client(http, home / "run.json")
        self._luck = random.Random(seed)
        self._players: list[Player] = []
        self._id = ""

    async def run(self, kinds: list[str]) -> Report:
        """All of it."""
        await self._open()
        tasks = [asyncio.create_task(player.run()) for player in self._players]
        try:
            for kind in kinds:
                await self._kill_in_the_climb(kind)
            await self._flight_over()
        finally:
            for player in self._players:
                player.stops = True
            await self._all_answered()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._close()
        return self.report

    async def _open(self) -> None:
        start = instant(SystemClock().now_ms() + 3_600_000)
        body = {
            "name": "Room soak", "startTime": start, "gameSlug": "crash-classic", "durationSeconds": 7_200,
            "config": SETTINGS | {"graceSeconds": 0}, "visibility": "public",
        }  # fmt: skip
        self._id = (await self._client.call("POST", "/api/tournaments", body))["tournamentId"]
        path = f"/api/tournaments/{self._id}"
        for number in range(self.report.players):
            made = await self._client.call("POST", f"{path}/players", {"userId": f"u{number}"})
            token = made["crash-classic"]["jwt"]
            self._players.append(Player(number, self._url, token, random.Random(number)))
        await self._client.call("POST", f"{path}/start", {})

    def _url(self) -> str:
        return f"{self._client.run()['url'].replace('http', 'ws', 1)}/ws/tournaments/{self._id}"

    async def _kill_in_the_climb(self, kind: str) -> None:
        """Wait for a climb that lasts, with most of the bets in the air; a flight that crashes before is let
        go."""
        watcher = self._players[0]
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await watcher.climbing.wait()
                await asyncio.sleep(self._luck.uniform(0.5, 1.5))
                flying = sum(player.in_the_air for player in self._players)
                if watcher.climbing.is_set() and flying > 0.8 * len(self._players):
                    break
                await asyncio.sleep(0.2)
        self.report.in_the_air.append(flying)
        began_s = time.monotonic()
        known = {epoch for player in self._players for epoch in player.epochs}
        for part in kind.split("+"):
            await self._hit(part)
        self.report.kills[kind] = self.report.kills.get(kind, 0) + 1
        await self._back(began_s, known, needs_epoch="owner" in kind)
        await self._flight_over()

    async def _hit(self, kind: str) -> None:
        if kind == "postgres_away":
            pid = self._client.run()["pids"]["postgres"]
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(AWAY_S)
            os.kill(pid, signal.SIGCONT)
            return
        pid = await self._owner() if kind == "owner" else self._client.run()["pids"][kind]
        os.kill(pid, signal.SIGKILL)

    async def _owner(self) -> int:
        db = await asyncpg.connect(self._client.run()["database_url"], timeout=10)
        holder: str = await db.fetchval("SELECT holder FROM leases WHERE tournament_id = $1", self._id)
        await db.close()
        return int(holder.rpartition("/")[2])

    async def _back(self, began_s: float, known: set[int], *, needs_epoch: bool) -> None:
        """Until a frame of the room comes again: of a new owner, where that is who died."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                seen = [at_s for p in self._players for epoch, at_s in p.epochs.items() if epoch not in known]
                if needs_epoch and seen:
                    self.report.next_frame_s.append(round(min(seen) - began_s, 3))
                    return
                if not needs_epoch and any(p.last_frame_s > began_s + 0.1 for p in self._players):
                    return
                await asyncio.sleep(0.02)

    async def _flight_over(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self._players[0].climbing.is_set() or any(p.in_the_air for p in self._players):
                await asyncio.sleep(0.1)

    async def _all_answered(self) -> None:
        """Whatever was clicked has its answer."""
        deadline_s = time.monotonic() + PATIENCE_S
        while any(player.unanswered for player in self._players):
            if time.monotonic() > deadline_s:
                waiting = {p.number: list(p.unanswered.values()) for p in self._players if p.unanswered}
                self.report.wrong.append(f"no answer to {str(waiting)[:500]}")
                return
            await asyncio.sleep(0.2)

    async def _close(self) -> None:
        """Finish, recount, verify."""
        path = f"/api/tournaments/{self._id}"
        board = await self._client.call("GET", f"{path}/leaderboard?limit=200")
        await self._client.call("POST", f"{path}/finish", {})
        fairness = await self._client.call("GET", f"{path}/fairness")
        chain = chain_of(bytes.fromhex(fairness["seed"]), fairness["links"])
        count = await self._recounted(dict(enumerate(chain)))
        self.report.flights = count.flight
        self._answers_of(count)
        self._board_of(count, board)
        self.report.wrong += await asyncio.to_thread(_verify, self._client.run()["database_url"])

    async def _recounted(self, links: dict[int, bytes]) -> Recount:
        settings = {
            "starting_credits": 1_000_000, "min_bet": 1, "max_bet": 1_000_000, "max_bet_share": 100,
            "betting_ms": 4_000, "pause_ms": 2_000, "edge_percent": 1, "cap_multiplier": 5,
        }  # fmt: skip
        count = Recount(settings, links)
        db = await asyncpg.connect(self._client.run()["database_url"])
        sql = "SELECT payload FROM fact_blocks WHERE tournament_id = $1 AND kind = 'room' ORDER BY first_seq"
        for (payload,) in await db.fetch(sql, self._id):
            try:
                count.batch(decode_batch(payload))
            except AssertionError as error:
                self.report.wrong.append(str(error)[:500])
                break
        await db.close()
        return count

    def _answers_of(self, count: Recount) -> None:
        """Every answer is what the recount says; nothing counts twice, nothing that counts was refused."""
        for player in self._players:
            for (seat, number), answer in player.answers.items():
                what = answer["error"] if answer["type"] == "refused" else "played"
                what = f"{what} again" if answer.get("again") else what
                self.report.moves[what] = self.report.moves.get(what, 0) + 1
                stamp_us = count.took.get((player.number, seat, number))
                counts = stamp_us is not None and stamp_us // 1_000 == answer["stampMs"]
                if counts != (answer["type"] == "played"):
                    self.report.wrong.append(f"player {player.number} was told {answer}, recounted {stamp_us}")
            if player.lost:
                self.report.wrong.append(f"player {player.number} lost the seat with {player.lost}")

    def _board_of(self, count: Recount, board: dict[str, Any]) -> None:
        won: dict[str, int] = {}
        for player, _, _, win, _ in count.facts:
            won[f"u{player}"] = won.get(f"u{player}", 0) + win
        for row in board["leaderboard"]:
            if row["points"] != won.get(row["userId"], 0):
                self.report.wrong.append(f"{row['userId']} has {row['points']}, recounted {won}")


async def soak_room(home: Path, kinds: list[str], players: int, seed: int = 1) -> Report:
    """Play and kill until the list is done, then recount."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        return await Soak(home, http, players, seed).run(kinds)
