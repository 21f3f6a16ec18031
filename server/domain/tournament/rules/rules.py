"""What a tournament was sold as: every field in domain units. `rule_checks` says what is wrong with it."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

from server.domain.money import POINT_SCALE
from server.domain.scoring.declaration import Scoring, declared
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.pool import PrizePool
from server.domain.tournament.rules.room_rules import RoomRules

DURATION_DEFAULT_MS: Final = 3_600_000
GRACE_DEFAULT_MS: Final = 5_000
_POOL_DEFAULT: Final = PrizePool()
_SCORING_DEFAULT: Final = Scoring()
# For a hop-on/off tournament, which no clock starts or closes.
NEVER_MS: Final = 1 << 52

Format = Literal["scheduled", "hop_on_off"]
MinPlayersMissed = Literal["cancel", "wait", "start"]
CancellationPolicy = Literal["pro_rata", "full", "roll_forward"]
EntryScoring = Literal["cumulative", "best_entry"]
PayoutApproval = Literal["auto", "manual", "two_keys"]
Pace = Literal["clock", "game"]
EliminatedBy = Literal["rank", "game"]
ForfeitedPrizes = Literal["reallocate", "retain"]


@dataclass(frozen=True, slots=True)
class Rounds:
    """`count` rounds of `duration_ms`. At the end of each but the last, `eliminate` players or
    `elimination_rate` (scaled by POINT_SCALE) of those in play go out from the bottom, never below
    `survivors` (None: the number of paid places). With neither, all but `survivors` go out.

    Paced by the `game`, its platform ends a round and starts the next one; `duration_ms` is then the longest
    that a round may last. Eliminated by the `game`, players go out when it says so, whatever their rank.
    """

    count: int
    duration_ms: int
    elimination_rate: int | None = None
    eliminate: int | None = None
    survivors: int | None = None
    paced_by: Pace = "clock"
    eliminated_by: EliminatedBy = "rank"

    def eliminated_of(self, active: int, paid_places: int) -> int:
        """How many of `active` players go out: floor(active * rate) or the fixed number."""
        floor = max(self.survivors if self.survivors is not None else paid_places, 1)
        if self.elimination_rate is not None:
            wanted = active * self.elimination_rate // POINT_SCALE
        elif self.eliminate is not None:
            wanted = self.eliminate
        else:
            wanted = active - floor if self.survivors is not None else 0
        return max(min(wanted, active - floor), 0)


@dataclass(frozen=True, slots=True)
class AddOn:
    """An extra that a player may buy `most_per_player` times during play: it feeds the pool and gives
    `points` (scaled)."""

    price_minor: int
    points: int = 0
    most_per_player: int = 1
    deadline_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The configuration of one tournament. Instants are UTC milliseconds, money is minor units.

    `registration_opens_ms` None means at once; `registration_closes_ms` None means at the start, or at
    `wait_until_ms` when the start waits for players; late registration goes on for `late_registration_ms`
    after the actual start, or to the end of round `late_registration_rounds`; `max_players` and
    `max_entries_per_player` None mean no limit; `end_at_ms` None means `duration_ms` after the actual
    start; `rounds` replace both. A hop-on/off tournament starts at `min_players`, belongs to the `lobby` of
    its first one as number `lobby_no`, and its `start_at_ms` is its creation. `forfeited_prizes` says who gets
    a prize that a review takes from a player before it is paid: those who move up, or the house. With a `room`
    it is played here, and facts from outside are refused.
    """

    name: str
    game_slug: str
    start_at_ms: int
    description: str = ""
    external_id: str | None = None
    format: Format = "scheduled"
    lobby: str | None = None
    lobby_no: int = 0
    currency: str = "USD"
    currency_places: int = 2
    end_at_ms: int | None = None
    duration_ms: int = DURATION_DEFAULT_MS
    rounds: Rounds | None = None
    grace_ms: int = GRACE_DEFAULT_MS
    registration_opens_ms: int | None = None
    registration_closes_ms: int | None = None
    late_registration_ms: int = 0
    late_registration_rounds: int = 0
    on_min_players_missed: MinPlayersMissed = "cancel"
    wait_until_ms: int | None = None
    min_players: int = 2
    max_players: int | None = None
    buy_in_minor: int = 0
    fee_minor: int = 0
    rebuy_enabled: bool = False
    rebuy_fee_minor: int = 0
    max_entries_per_player: int | None = None
    rebuy_deadline_ms: int | None = None
    entry_scoring: EntryScoring = "cumulative"
    add_on: AddOn | None = None
    prize_pool: PrizePool = _POOL_DEFAULT
    scoring: Scoring = _SCORING_DEFAULT
    cancellation_policy: CancellationPolicy = "pro_rata"
    payout_approval: PayoutApproval = "auto"
    forfeited_prizes: ForfeitedPrizes = "reallocate"
    public: bool = False
    room: RoomRules | None = None
    rules_version: int = 1

    @property
    def entry_price_minor(self) -> int:
        """What a first entry costs: buy-in and fee."""
        return self.buy_in_minor + self.fee_minor

    def planned_end_ms(self, started_at_ms: int | None) -> int:
        """When play ends: the declared end, else the duration after the (actual or planned) start. Between
        two rounds there is the grace of the first."""
        started = self.start_at_ms if started_at_ms is None else started_at_ms
        if self.rounds is not None:
            return started + self.rounds.count * (self.rounds.duration_ms + self.grace_ms) - self.grace_ms
        return started + self.duration_ms if self.end_at_ms is None else self.end_at_ms

    def play_ms(self) -> int:
        """How long play lasts at most, pauses between rounds included."""
        return self.planned_end_ms(None) - self.start_at_ms

    def entry_closes_ms(self) -> int:
        """From this instant on registration is closed until the start."""
        if self.registration_closes_ms is not None:
            return self.registration_closes_ms
        if self.format == "hop_on_off":
            return NEVER_MS
        if self.on_min_players_missed == "wait" and self.wait_until_ms is not None:
            return self.wait_until_ms
        return self.start_at_ms

    def takes_entries(self, status: Status, started_at_ms: int | None, now_ms: int, round_no: int = 0) -> bool:
        """Whether registration is open: before the start, or late during play."""
        if status is Status.OPEN:
            return now_ms < self.entry_closes_ms()
        if status is Status.IN_PROGRESS and started_at_ms is not None:
            paced_by_game = self.rounds is not None and self.rounds.paced_by == "game"
            if now_ms >= self.planned_end_ms(started_at_ms) and not paced_by_game:
                return False
            in_time = now_ms < started_at_ms + self.late_registration_ms
            return in_time or 0 < round_no <= self.late_registration_rounds
        return False

    def entry_opens_ms(self, created_at_ms: int) -> int:
        """When registration opens: as declared, else at once."""
        return created_at_ms if self.registration_opens_ms is None else self.registration_opens_ms


# Some fields of `Rules` by name, as a caller gave them: for create and for update.
RuleFields = dict[str, Any]
DEFAULTS: Final[RuleFields] = {
    f.name: f.default for f in fields(Rules) if f.kw_only and f.name != "rules_version"
}


def rules_from(given: RuleFields) -> Rules:
    """Complete rules; a rebuy costs the buy-in unless it says otherwise. Faults are checked apart."""
    rules = Rules(**given)
    if "scoring" not in given:
        rules = replace(rules, scoring=declared())
    if rules.rebuy_enabled and "rebuy_fee_minor" not in given:
        rules = replace(rules, rebuy_fee_minor=rules.buy_in_minor)
    return rules


def fields_of(rules: Rules) -> RuleFields:
    """The other way: all fields of complete rules."""
    return {name: getattr(rules, name) for name in DEFAULTS}
