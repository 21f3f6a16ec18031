"""The rules of crash-classic: betting, the climb, the crash, a pause, again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final

from pitboss_games.crash_classic.climb import climb, reached_at_ms
from server.domain.rooms.arguments import Hundredths, Maybe, Refused
from server.domain.rooms.desk import Desk
from server.domain.rooms.fairness import crash_point
from server.domain.rooms.game import Game, Setting, takes

LOWEST_AUTO: Final = 101
_BETS_SHOWN: Final = 50
_POINTS_SHOWN: Final = 10
_LAST_FLIGHTS: Final = 3
_HIGHEST_CAP: Final = 1_000


@dataclass(slots=True)
class Bet:
    """One bet: whole credits, `auto` in hundredths. `paid` is the multiplier of a cash-out by hand."""

    amount: int
    auto: int | None
    paid: int | None = None


@dataclass(slots=True)
class FlightState:
    """`phase` is idle, betting, climb or pause. The climb starts at `starts_ms`; `point` (hundredths) is where
    it ends, at `crash_ms`; `capped` says that the cap came first and all who were in are paid."""

    phase: str = "idle"
    flight: int = 0
    starts_ms: int = 0
    point: int = 0
    crash_ms: int = 0
    cap: int = 0
    capped: bool = False
    bets: dict[int, Bet] = field(default_factory=dict)
    names: dict[int, dict[str, Any]] = field(default_factory=dict)
    points: list[tuple[int, int]] = field(default_factory=list)
    left: int = 0


class CrashClassic(Game):
    """All players fly together."""

    slug, version = "crash-classic", "1.0"
    State: ClassVar[type] = FlightState
    state: FlightState
    settings: ClassVar[Mapping[str, Setting]] = {
        "min_bet": Setting(10, 1, 1_000_000_000, "The smallest bet, in credits."),
        "max_bet": Setting(1_000_000, 1, 1_000_000_000, "The largest bet, in credits."),
        "max_bet_share": Setting(100, 1, 100, "The largest bet as a percentage of the player's credits."),
        "betting_ms": Setting(5_000, 1_000, 60_000, "How long bets are taken, in milliseconds."),
        "pause_ms": Setting(3_000, 500, 60_000, "The pause after a crash, in milliseconds."),
        "edge_percent": Setting(1, 0, 50, "The edge of the formula, in whole percent."),
        "cap_multiplier": Setting(100, 2, _HIGHEST_CAP, "Where a flight ends at the latest, all paid."),
    }

    @classmethod
    def faults(cls, settings: Mapping[str, int]) -> Mapping[str, str]:
        if settings["min_bet"] > settings["max_bet"]:
            return {"max_bet": "Must not be below minBet"}
        return {}

    @classmethod
    def shortest_flight_ms(cls, settings: Mapping[str, int]) -> int:
        return settings["betting_ms"] + settings["pause_ms"]

    @classmethod
    def proves(cls, drawn: int, settings: Mapping[str, int]) -> Mapping[str, Any]:
        """The crash point, before any cap."""
        return {"multiplier": _times(crash_point(drawn, settings["edge_percent"]))}

    # Moves

    @takes(amount=int, auto_cash_out=Maybe(Hundredths))
    def bet(self, desk: Desk, player: int, amount: int, auto_cash_out: int | None) -> dict[str, Any]:
        """Bet on the flight that is about to start."""
        state, config = self.state, desk.config
        if state.phase != "betting":
            raise Refused("betting_closed")
        if player in state.bets:
            raise Refused("already_bet", amount=state.bets[player].amount)
        has = desk.credits(player)
        most = min(config["max_bet"], has * config["max_bet_share"] // 100)
        if amount > has:
            raise Refused("not_enough_credits", credits=has)
        if not config["min_bet"] <= amount <= max(most, 0):
            raise Refused("bet_out_of_range", least=config["min_bet"], most=most)
        auto = self._auto(auto_cash_out)
        desk.stake(player, amount)
        state.bets[player] = Bet(amount, auto)
        state.names[player] = dict(desk.name(player))
        desk.all("bet", **state.names[player], amount=amount)
        return {"amount": amount, "autoCashOut": _times_or_none(auto), "credits": desk.credits(player)}

    @takes()
    def cancel_bet(self, desk: Desk, player: int) -> dict[str, Any]:
        """Take the bet back while bets are taken."""
        if self.state.phase != "betting":
            raise Refused("betting_closed")
        self._bet_of(player)
        del self.state.bets[player]
        desk.returns(player)
        desk.all("bet_cancelled", **self.state.names.pop(player))
        return {"credits": desk.credits(player)}

    @takes(auto_cash_out=Maybe(Hundredths))
    def set_auto(self, desk: Desk, player: int, auto_cash_out: int | None) -> dict[str, Any]:
        """Set, change or drop the automatic cash-out; in the climb only to what is not behind."""
        bet, auto = self._bet_of(player), self._auto(auto_cash_out)
        if self.state.phase not in ("betting", "climb"):
            raise Refused("not_in_the_air")
        if self.state.phase == "climb":
            here = self._here(desk)
            if self._is_out(bet, here):
                raise Refused("already_cashed_out", multiplier=_times(bet.paid or bet.auto or 0))
            if auto is not None and auto <= here:
                raise Refused("auto_out_of_range", least=_times(here + 1), most=_times(self.state.cap))
            if auto is not None:
                self._show_auto(desk, auto)
        bet.auto = auto
        return {"autoCashOut": _times_or_none(auto)}

    @takes()
    def cash_out(self, desk: Desk, player: int) -> dict[str, Any]:
        """Leave the flight with the multiplier of this very moment, or with one's own number if that was
        reached before."""
        bet, state = self._bet_of(player), self.state
        if state.phase != "climb":
            raise Refused("not_in_the_air")
        here = self._here(desk)
        if self._is_out(bet, here):
            raise Refused("already_cashed_out", multiplier=_times(bet.paid or bet.auto or 0))
        bet.paid = here
        desk.all("cashed_out", **state.names[player], multiplier=_times(here), by="hand")
        return {"multiplier": _times(here), "win": _win(bet.amount, here), "by": "hand"}

    # The room

    def opens(self, desk: Desk) -> None:
        self._next(desk)

    def goes(self, desk: Desk, player: int, why: str) -> None:
        self.state.bets.pop(player, None)

    def ticks(self, desk: Desk) -> None:
        match self.state.phase:
            case "betting":
                self._take_off(desk)
            case "climb":
                self._crash(desk)
            case _:
                self._next(desk)

    def _next(self, desk: Desk) -> None:
        state, betting_ms = self.state, desk.config["betting_ms"]
        state.bets, state.names = {}, {}
        if not desk.may_begin(betting_ms):
            state.phase, state.left = "idle", 0
            desk.all("no_more_flights", urgent=True)
            return
        state.flight, state.phase = desk.flight + 1, "betting"
        state.starts_ms = desk.now_ms + betting_ms
        state.point = state.crash_ms = 0
        state.cap = min(desk.config["cap_multiplier"] * 100, climb(desk.bell_ms - 1 - state.starts_ms))
        state.left = min(desk.flights_left - 1, self._fitting(desk))
        desk.begins(betting_ms, **self._told())

    def _fitting(self, desk: Desk) -> int:
        """How many more flights surely fit before the bell, if each climbs to its cap."""
        longest_ms = reached_at_ms(desk.config["cap_multiplier"] * 100)
        cycle_ms = desk.config["betting_ms"] + longest_ms + desk.config["pause_ms"]
        return max(desk.bell_ms - self.state.starts_ms - longest_ms, 0) // cycle_ms

    def _take_off(self, desk: Desk) -> None:
        """The point is drawn when no bet can change any more."""
        state = self.state
        drawn = crash_point(desk.draw(), desk.config["edge_percent"])
        state.capped = drawn >= state.cap
        state.phase, state.point = "climb", min(drawn, state.cap)
        state.crash_ms = state.starts_ms + reached_at_ms(state.point)
        desk.shows_at(state.crash_ms, "crash")
        for auto in sorted({bet.auto for bet in state.bets.values() if bet.auto is not None}):
            self._show_auto(desk, auto)
        desk.all("climb", urgent=True, flight=state.flight, startsAtMs=state.starts_ms, bets=len(state.bets))
        if state.crash_ms > state.starts_ms:
            desk.wake_at(state.crash_ms)
        else:
            self._crash(desk)  # at 1.00x, before anyone can leave

    def _crash(self, desk: Desk) -> None:
        state = self.state
        won = 0
        for player, bet in state.bets.items():
            multiplier = self._paid(bet)
            win = _win(bet.amount, multiplier)
            won += multiplier > 0
            desk.settle(player, win, multiplier=multiplier, at_ms=state.crash_ms)
        state.points = [*state.points, (state.flight, state.point)][-_POINTS_SHOWN:]
        state.phase = "pause"
        desk.ends(multiplier=_times(state.point), bets=len(state.bets), won=won)
        desk.wake_at(state.crash_ms + desk.config["pause_ms"])

    def _paid(self, bet: Bet) -> int:
        """The multiplier of a bet at the end of its flight: by hand, by its own number if the flight reached
        it, the cap if that came first; else nothing."""
        if bet.paid is not None:
            return bet.paid
        if bet.auto is not None and bet.auto <= self.state.point:
            return bet.auto
        return self.state.point if self.state.capped else 0

    # What is seen

    def shows(self, kind: str, at_ms: int) -> Mapping[str, Any] | None:
        state = self.state
        if state.phase not in ("climb", "pause"):
            return None
        if kind == "crash":
            return {"flight": state.flight, "multiplier": _times(state.point), "capped": state.capped}
        here = climb(at_ms - state.starts_ms)
        out = [no for no, bet in state.bets.items() if bet.paid is None and bet.auto == here]
        names = [state.names[no] for no in out[:_BETS_SHOWN]]
        return {"multiplier": _times(here), "by": "auto", "count": len(out), "players": names} if out else None

    def sees(self, player: int | None) -> Mapping[str, Any]:
        state = self.state
        if player is None:
            shown = list(state.bets.items())[-_BETS_SHOWN:]
            bets = [{**state.names[no], "amount": bet.amount} for no, bet in shown]
            points = [{"flight": flight, "multiplier": _times(point)} for flight, point in state.points]
            return {
                "flight": state.flight,
                **self._told(),
                "bets": bets,
                "betsTotal": len(state.bets),
                "lastPoints": points,
            }
        bet = state.bets.get(player)
        if bet is None:
            return {"bet": None}
        paid = self._paid(bet) if state.phase == "pause" else bet.paid
        win = None if paid is None else _win(bet.amount, paid)
        told = {"amount": bet.amount, "autoCashOut": _times_or_none(bet.auto)}
        return {"bet": {**told, "multiplier": _times_or_none(paid), "win": win}}

    def _told(self) -> dict[str, Any]:
        state = self.state
        last = state.left if state.left < _LAST_FLIGHTS else None
        told = {"phase": state.phase, "startsAtMs": state.starts_ms, "cap": _times(state.cap)}
        return {**told, "flightsAfterThis": last}

    def _show_auto(self, desk: Desk, auto: int) -> None:
        if auto < self.state.point:
            desk.shows_at(self.state.starts_ms + reached_at_ms(auto), "cashed_out_auto")

    # Small questions

    def _here(self, desk: Desk) -> int:
        return min(climb(desk.now_ms - self.state.starts_ms), self.state.point)

    def _is_out(self, bet: Bet, here: int) -> bool:
        return bet.paid is not None or (bet.auto is not None and bet.auto <= here)

    def _bet_of(self, player: int) -> Bet:
        bet = self.state.bets.get(player)
        if bet is None:
            raise Refused("no_bet")
        return bet

    def _auto(self, auto: int | None) -> int | None:
        if auto is not None and not LOWEST_AUTO <= auto <= self.state.cap:
            raise Refused("auto_out_of_range", least=_times(LOWEST_AUTO), most=_times(self.state.cap))
        return auto


def _win(amount: int, multiplier: int) -> int:
    """Whole credits, rounded down."""
    return amount * multiplier // 100


def _times(hundredths: int) -> Decimal:
    """A multiplier as it is told: exact, with two places."""
    return Decimal(hundredths).scaleb(-2)


def _times_or_none(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else _times(hundredths)
