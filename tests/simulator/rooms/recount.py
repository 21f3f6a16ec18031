"""crash-classic recounted from a room's journal by code of its own: no engine, no desk, no table of the climb.

Slow and plain on purpose. It goes by the inputs alone; answers, facts and credits that were stored are
compared with what it finds.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from server.domain.rooms.inputs import Batch, Input, Kind

RATE = Decimal("0.00006")


def height(ms: int) -> int:
    """floor(100 * e^(0.00006 ms)), at 40 places."""
    with localcontext() as exact:
        exact.prec = 40
        return int((RATE * max(ms, 0)).exp() * 100)


def first_ms_at(hundredths: int) -> int:
    """The first millisecond at which the climb is so high, by bisection."""
    low, high = 0, 200_000
    while low < high:
        middle = (low + high) // 2
        if height(middle) >= hundredths:
            high = middle
        else:
            low = middle + 1
    return low


def point_of(salt: str, link: bytes, edge: int) -> int:
    """The published formula, by hexadecimal digits."""
    digits = hmac.new(salt.encode(), link, hashlib.sha256).hexdigest()
    drawn = int(digits[:13], 16)
    return max(100, (100 - edge) * 2**52 // (2**52 - drawn))


@dataclass
class OneBet:
    """A bet in the air."""

    amount: int
    auto: int | None
    hand: int | None = None


@dataclass
class OneSeat:
    """Who sits where: a connection of a front end."""

    number: int
    since_us: int
    front_end: str
    connection: int
    is_away: bool = False


@dataclass
class Recount:
    """The room as the inputs make it. `links` are by flight."""

    settings: dict[str, int]
    links: dict[int, bytes]
    credits: dict[int, int] = field(default_factory=dict)
    bets: dict[int, OneBet] = field(default_factory=dict)
    facts: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    out: set[int] = field(default_factory=set)
    took: dict[tuple[int, int, int], int] = field(default_factory=dict)
    seats: dict[int, OneSeat] = field(default_factory=dict)
    seats_given: int = 0
    given: int = 0
    salt: str = ""
    bell_ms: int = 0
    flight: int = 0
    phase: str = "idle"
    starts_ms: int = 0
    crash_ms: int = 0
    point: int = 0
    cap: int = 0
    settled_us: int = 0

    def batch(self, batch: Batch) -> None:
        """One stored batch."""
        before = len(self.facts)
        for one in batch.inputs:
            self._input(one)
        told = [
            (c.player_no, int(str(c.fact.round_id)), (c.fact.bet or 0) // 10_000, (c.fact.win or 0) // 10_000,
             (c.fact.multiplier or 0) // 100)
            for c in batch.facts
        ]  # fmt: skip
        found = [fact for fact in self.facts[before:] if fact[0] not in self.out]
        assert sorted(told) == sorted(found), f"facts: stored {told}, recounted {found}"
        for player, credits_, stake in batch.credits:
            staked = self.bets[player].amount if player in self.bets and self.phase != "pause" else 0
            mine = self.credits.get(player, 0), staked
            assert (credits_, stake) == mine, f"player {player}: stored {(credits_, stake)}, recounted {mine}"

    def _input(self, one: Input) -> None:
        match one.kind:
            case Kind.OPENS:
                self._opens(one)
            case Kind.ENTERS | Kind.GETS:
                if one.word == "replaces":
                    self.credits[one.player] = 0
                self.credits[one.player] = self.credits.get(one.player, 0) + one.amount
                self.out.discard(one.player)
            case Kind.GOES:
                self._back(one.player)
                self.out.add(one.player)
                self.seats.pop(one.player, None)
            case Kind.CLOSES:
                for player in list(self.bets):
                    if self.phase != "pause":
                        self._back(player)
                self.phase = "closed"
            case Kind.WAKE:
                self.settled_us = max(self.settled_us, one.amount * 1_000)
                self._wake(one)
            case Kind.JOIN:
                self._join(one)
            case Kind.DROP | Kind.LEAVE | Kind.AWAY:
                self._part(one)
            case Kind.PLAY:
                self._play(one)

    def _opens(self, one: Input) -> None:
        for player in one.players:
            self.credits[player] = self.settings["starting_credits"]
        self.salt, self.bell_ms = one.word or self.salt, one.amount
        self._next(one.stamp_us // 1_000)

    def _next(self, now_ms: int) -> None:
        self.bets = {}
        betting_ms = self.settings["betting_ms"]
        most = self.settings.get("flights") or 10**9
        if self.flight >= most or now_ms + betting_ms + 1_000 > self.bell_ms:
            self.phase = "idle"
            return
        self.flight += 1
        self.phase, self.starts_ms = "betting", now_ms + betting_ms
        self.cap = min(self.settings["cap_multiplier"] * 100, height(self.bell_ms - 1 - self.starts_ms))

    def _wake(self, one: Input) -> None:
        if self.phase == "betting":
            drawn = point_of(self.salt, self.links[self.flight], self.settings["edge_percent"])
            self.capped, self.point = drawn >= self.cap, min(drawn, self.cap)
            self.crash_ms = self.starts_ms + first_ms_at(self.point)
            self.phase = "climb"
            if self.crash_ms == self.starts_ms:
                self._crash()
        elif self.phase == "climb":
            self._crash()
        elif self.phase == "pause":
            self._next(one.stamp_us // 1_000)

    def _crash(self) -> None:
        for player, bet in self.bets.items():
            paid = bet.hand
            if paid is None and bet.auto is not None and bet.auto <= self.point:
                paid = bet.auto
            if paid is None:
                paid = self.point if self.capped else 0
            win = bet.amount * paid // 100
            self.credits[player] += win
            self.facts.append((player, self.flight, bet.amount, win, paid))
        self.phase = "pause"

    def _back(self, player: int) -> None:
        bet = self.bets.pop(player, None)
        if bet is not None and self.phase != "pause":
            self.credits[player] += bet.amount

    def _join(self, one: Input) -> None:
        """A player has one seat, a number and since when; the newest stamp takes it."""
        held = self.seats.get(one.player)
        if one.player in self.out or one.player not in self.credits or self.phase == "closed":
            return
        if held is not None and not held.is_away and held.since_us > one.stamp_us:
            return
        if held is None or one.seat != held.number:
            self.seats_given += 1
        number = held.number if held is not None and one.seat == held.number else self.seats_given
        self.seats[one.player] = OneSeat(number, one.stamp_us, one.front_end, one.connection)

    def _part(self, one: Input) -> None:
        held = self.seats.get(one.player)
        if held is None or (held.front_end, held.connection) != (one.front_end, one.connection):
            return
        if one.kind == Kind.DROP:
            held.is_away = True
        else:
            del self.seats[one.player]

    def _play(self, one: Input) -> None:
        """A move counts once, at its stamp, when it came before its moment was settled."""
        name = (one.player, one.seat, one.move_id)
        too_late = one.stamp_us < self.settled_us or self.phase == "closed"
        if name in self.took or too_late or one.flight != self.flight or one.player in self.out:
            return
        held = self.seats.get(one.player)
        if held is None or (held.number != one.seat and one.stamp_us >= held.since_us):
            return
        given: dict[str, Any] = json.loads(one.body, parse_float=Decimal)
        if self._took(one, given):
            self.took[name] = one.stamp_us

    def _took(self, one: Input, given: dict[str, Any]) -> bool:
        if one.player not in self.credits:
            return False
        bet = self.bets.get(one.player)
        now_ms = one.stamp_us // 1_000
        auto = given.get("autoCashOut")
        number = None if auto is None else int(auto * 100)
        if one.word == "bet":
            return self._bet(one.player, given["amount"], number)
        if bet is None:
            return False
        if one.word == "cancel_bet" and self.phase == "betting":
            self._back(one.player)
            return True
        here = min(height(now_ms - self.starts_ms), self.point)
        gone = bet.hand is not None or (bet.auto is not None and bet.auto <= here)
        if one.word == "cash_out" and self.phase == "climb" and not gone:
            bet.hand = here
            return True
        if one.word == "set_auto":
            in_range = number is None or 101 <= number <= self.cap
            late = self.phase == "climb" and (gone or (number is not None and number <= here))
            if in_range and not late and self.phase in ("betting", "climb"):
                bet.auto = number
                return True
        return False

    def _bet(self, player: int, amount: int, auto: int | None) -> bool:
        has = self.credits[player]
        most = min(self.settings["max_bet"], has * self.settings["max_bet_share"] // 100)
        good = self.phase == "betting" and player not in self.bets
        good = good and self.settings["min_bet"] <= amount <= most
        if not good or (auto is not None and not 101 <= auto <= self.cap):
            return False
        self.credits[player] -= amount
        self.bets[player] = OneBet(amount, auto)
        return True
