"""Tournaments, orders and facts with sensible defaults; a test names only what it is about."""

import itertools
from typing import Any, Self

from actors.requests import CommandRequest
from server.domain.ids import OperatorId, PlayerId, Tenant, TournamentId
from server.domain.money import POINT_SCALE
from server.domain.scoring.fact import Fact
from server.domain.tournament import commands, events
from server.domain.tournament.apply import apply
from server.domain.tournament.decide import decide
from server.domain.tournament.money.pool import PrizePool
from server.domain.tournament.play.facts import count, judge
from server.domain.tournament.rules.rules import RuleFields
from server.domain.tournament.state import Tournament

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
TENANT = Tenant(OperatorId("op_lucky"), live=False)
OTHER_TENANT = Tenant(OperatorId("op_other"), live=False)
TOURNAMENT = TournamentId("crunchy-cup")

_serial = itertools.count(1)


def fields(**changes: Any) -> RuleFields:
    """A tournament in an hour, ten dollars, two to a hundred players."""
    base: dict[str, Any] = {
        "name": "Crunchy Cup",
        "game_slug": "crash-classic",
        "start_at_ms": NOW_MS + HOUR_MS,
        "buy_in_minor": 1_000,
        "max_players": 100,
    }
    return base | changes


def pool(
    kind: Any = "percentage", total_minor: int = 0, percents: tuple[int, ...] = (50, 30, 20)
) -> PrizePool:
    """A prize pool by whole percentages."""
    return PrizePool(kind, total_minor, tuple(p * 10_000 for p in percents))


def create(tournament_id: str = TOURNAMENT, tenant: Tenant = TENANT, **changes: Any) -> commands.Create:
    """A create command."""
    return commands.Create(TournamentId(tournament_id), tenant, fields(**changes))


def register(user: str, **changes: Any) -> commands.Register:
    """A registration that pays the default price."""
    base: dict[str, Any] = {
        "user_id": user,
        "player_id": PlayerId(f"plr_{user}"),
        "display_name": user.title(),
        "paid_minor": 1_000,
    }
    return commands.Register(**(base | changes))


def command_request(
    command: commands.Command, command_id: str | None = None, input_hash: bytes = b""
) -> CommandRequest[object]:
    """A command request with a fresh id."""
    return CommandRequest(command, command_id or f"cmd-{next(_serial)}", "key:test", input_hash)


def points(event_id: str, player: str, amount: float | int, **changes: Any) -> Fact:
    """A fact of some points."""
    scaled = round(amount * POINT_SCALE)
    base = Fact(event_id, player, "round", scaled, None, None, None, None, None, None)
    return base._replace(**changes)


def spin(
    player: str, bet: float, win: float, at_s: float | None = None, event_id: str | None = None, **changes: Any
) -> Fact:
    """A round with a bet and a win, opened and settled `at_s` seconds after NOW_MS by the game's clock."""
    at_ms = None if at_s is None else NOW_MS + round(at_s * 1_000)
    staked, won, times = (round(value * POINT_SCALE) for value in (bet, win, win / bet if bet else 0))
    name = event_id or f"spin-{next(_serial)}"
    return Fact(name, player, "round", None, staked, won, times, None, at_ms, at_ms)._replace(**changes)


class Story:
    """Given events, when a command, then events: a tournament that a test tells."""

    def __init__(self, now_ms: int = NOW_MS, **changes: Any) -> None:
        self.now_ms = now_ms
        self.state: Tournament | None = None
        self.events: list[events.Event] = []
        self.when(create(**changes))
        self.advance()

    @property
    def tournament(self) -> Tournament:
        """The state so far."""
        assert self.state is not None
        return self.state

    def when(self, command: commands.Command) -> list[events.Event]:
        """Decide and apply; returns what happened."""
        decided = decide(self.state, command, self.now_ms)
        for event in decided:
            self.state = apply(self.state, event, self.now_ms)
        self.events += decided
        return decided

    def advance(self, ms: int = 0) -> list[events.Event]:
        """Move time and do all that is due."""
        self.now_ms += ms
        happened: list[events.Event] = []
        while step := self.when(commands.Advance()):
            happened += step
        return happened

    def players(self, *users: str) -> Self:
        """Register players."""
        for user in users:
            price = self.tournament.rules.entry_price_minor
            self.when(register(user, paid_minor=price))
        return self

    def started(self) -> Self:
        """Start by hand."""
        self.when(commands.Start())
        return self

    def score(self, **scores: float) -> Self:
        """One fact per player."""
        self.facts(*(points(f"e{next(_serial)}", user, amount) for user, amount in scores.items()))
        return self

    def facts(self, *facts: Fact) -> list[str]:
        """Report facts together; what became of each."""
        judged = judge(self.tournament, facts, self.now_ms)
        count(self.tournament, judged.counted)
        return [outcome.name for outcome in judged.outcomes]

    def finished(self) -> Self:
        """Finish by hand and wait until no late fact can count."""
        self.when(commands.Finish())
        self.advance(self.tournament.rules.grace_ms)
        return self

    def board(self) -> list[tuple[int, int, str, float]]:
        """(position, rank, user, points) of everybody."""
        state = self.tournament
        rows = state.ranking.page(0, len(state.ranking))
        return [(r.position, r.rank, state.entries[r.player_no].user_id, r.points / POINT_SCALE) for r in rows]
