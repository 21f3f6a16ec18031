"""What a tournament was sold as: every field in domain units, checked as a whole before it exists."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, TypedDict, cast

from server.domain.ranking import PLAYER_MASK
from server.domain.tournament.lifecycle import Status

PERCENT_SCALE: Final = 10_000
WHOLE: Final = 100 * PERCENT_SCALE
DURATION_DEFAULT_MS: Final = 3_600_000
DURATION_MAX_MS: Final = 366 * 24 * 3_600_000
# Below 2^53: every amount of the wire survives a client that reads JSON numbers as doubles.
AMOUNT_MAX_MINOR: Final = 10**14
ENTRIES_MAX: Final = 1_000
SCORING_KINDS: Final = ("points_based",)
# The standard three-place table, used when a tournament is created without a prize pool.
SHARES_DEFAULT: Final = (50 * PERCENT_SCALE, 30 * PERCENT_SCALE, 20 * PERCENT_SCALE)

PoolKind = Literal["fixed", "percentage"]
ShareUnit = Literal["percent", "weight"]
Unclaimed = Literal["redistribute", "house"]
MinPlayersMissed = Literal["cancel", "wait", "start"]
CancellationPolicy = Literal["pro_rata", "full"]


@dataclass(frozen=True, slots=True)
class PrizePool:
    """`shares[i]` is what place `i + 1` gets: percent times PERCENT_SCALE that total WHOLE, or with the
    unit `weight` any weights times PERCENT_SCALE.

    `fixed` pays `total_minor` whatever was collected. `percentage` pays what the buy-ins and rebuys
    collected, at least `guaranteed_minor`, plus `seed_minor`; both are the house's money. Shares of places
    that nobody reached go to those present (`redistribute`) or stay with the `house`.
    """

    kind: PoolKind = "percentage"
    total_minor: int = 0
    shares: tuple[int, ...] = SHARES_DEFAULT
    unit: ShareUnit = "percent"
    guaranteed_minor: int = 0
    seed_minor: int = 0
    unclaimed: Unclaimed = "redistribute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The configuration of one tournament. Instants are UTC milliseconds, money is minor units.

    `registration_opens_ms` None means at once; `registration_closes_ms` None means at the start, or at
    `wait_until_ms` when the start waits for players; `late_registration_ms` goes on from the actual start;
    `max_players` and `max_entries_per_player` None mean no limit; `end_at_ms` None means
    `duration_ms` after the actual start.
    """

    name: str
    game_slug: str
    start_at_ms: int
    description: str = ""
    external_id: str | None = None
    currency: str = "USD"
    currency_places: int = 2
    end_at_ms: int | None = None
    duration_ms: int = DURATION_DEFAULT_MS
    registration_opens_ms: int | None = None
    registration_closes_ms: int | None = None
    late_registration_ms: int = 0
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
    prize_pool: PrizePool = PrizePool()
    scoring: str = "points_based"
    cancellation_policy: CancellationPolicy = "pro_rata"
    public: bool = False
    rules_version: int = 1

    @property
    def entry_price_minor(self) -> int:
        """What a first entry costs: buy-in and fee."""
        return self.buy_in_minor + self.fee_minor

    def planned_end_ms(self, started_at_ms: int | None) -> int:
        """When play ends: the declared end, else the duration after the (actual or planned) start."""
        if self.end_at_ms is not None:
            return self.end_at_ms
        return (self.start_at_ms if started_at_ms is None else started_at_ms) + self.duration_ms

    def entry_closes_ms(self) -> int:
        """From this instant on nobody may register before the start."""
        if self.registration_closes_ms is not None:
            return self.registration_closes_ms
        if self.on_min_players_missed == "wait" and self.wait_until_ms is not None:
            return self.wait_until_ms
        return self.start_at_ms

    def takes_entries(self, status: Status, started_at_ms: int | None, now_ms: int) -> bool:
        """Whether registration is open: before the start, or late during play."""
        if status is Status.OPEN:
            return now_ms < self.entry_closes_ms()
        if status is Status.IN_PROGRESS and started_at_ms is not None:
            late_until_ms = started_at_ms + self.late_registration_ms
            return now_ms < min(late_until_ms, self.planned_end_ms(started_at_ms))
        return False

    def entry_opens_ms(self, created_at_ms: int) -> int:
        """When registration opens: as declared, else at once."""
        return created_at_ms if self.registration_opens_ms is None else self.registration_opens_ms


class RuleFields(TypedDict, total=False):
    """Some fields of `Rules`, as a caller gave them: for create and for update."""

    name: str
    game_slug: str
    start_at_ms: int
    description: str
    external_id: str | None
    currency: str
    currency_places: int
    end_at_ms: int | None
    duration_ms: int
    registration_opens_ms: int | None
    registration_closes_ms: int | None
    late_registration_ms: int
    on_min_players_missed: MinPlayersMissed
    wait_until_ms: int | None
    min_players: int
    max_players: int | None
    buy_in_minor: int
    fee_minor: int
    rebuy_enabled: bool
    rebuy_fee_minor: int
    max_entries_per_player: int | None
    rebuy_deadline_ms: int | None
    prize_pool: PrizePool
    scoring: str
    cancellation_policy: CancellationPolicy
    public: bool


def rules_from(fields: RuleFields) -> Rules:
    """Complete rules; a rebuy costs the buy-in unless it says otherwise. Faults are checked apart."""
    rules = Rules(**fields)
    if rules.rebuy_enabled and "rebuy_fee_minor" not in fields:
        rules = replace(rules, rebuy_fee_minor=rules.buy_in_minor)
    return rules


def fields_of(rules: Rules) -> RuleFields:
    """The other way: all fields of complete rules."""
    fields: dict[str, Any] = asdict(rules) | {"prize_pool": rules.prize_pool}
    del fields["rules_version"]
    return cast(RuleFields, fields)


def faults_of(fields: RuleFields, now_ms: int | None) -> dict[str, str]:
    """Every fault of the given fields by domain field name; absent fields cannot be faulty.

    `now_ms` None skips the checks against the present: an update re-checks only what it changes.
    """
    faults: dict[str, str] = {}
    _check_texts(fields, faults)
    _check_players(fields, faults)
    _check_money(fields, faults)
    _check_times(fields, faults, now_ms)
    if fields.get("scoring", SCORING_KINDS[0]) not in SCORING_KINDS:
        faults["scoring"] = f"Unknown tournament type; known: {', '.join(SCORING_KINDS)}"
    return faults


def _check_texts(fields: RuleFields, faults: dict[str, str]) -> None:
    name = fields.get("name")
    if name is not None and not 1 <= len(name.strip()) <= 200:
        faults["name"] = "Name must have 1 to 200 characters"
    if len(fields.get("description") or "") > 4_000:
        faults["description"] = "Description must have at most 4000 characters"
    if len(fields.get("external_id") or "") > 200:
        faults["external_id"] = "External id must have at most 200 characters"


def _check_players(fields: RuleFields, faults: dict[str, str]) -> None:
    least, most = fields.get("min_players", 2), fields.get("max_players")
    if not 1 <= least <= PLAYER_MASK:
        faults["min_players"] = "Minimum players must be at least 1"
    if most is not None and not 1 <= most <= PLAYER_MASK:
        faults["max_players"] = "Maximum players must be at least 1"
    elif most is not None and most < least:
        faults["max_players"] = "Maximum players must be greater than minimum players"
    entries = fields.get("max_entries_per_player")
    if entries is not None and not 1 <= entries <= ENTRIES_MAX:
        faults["max_entries_per_player"] = f"Entries per player must be 1 to {ENTRIES_MAX}"


def _check_money(fields: RuleFields, faults: dict[str, str]) -> None:
    amounts = {name: fields.get(name, 0) for name in ("buy_in_minor", "fee_minor", "rebuy_fee_minor")}
    for name, amount in amounts.items():
        if not 0 <= amount <= AMOUNT_MAX_MINOR:  # type: ignore[operator]
            faults[name] = "Amount must not be negative and not beyond the limit"
    pool = fields.get("prize_pool")
    if pool is None:
        return
    for name in ("total", "guaranteed", "seed"):
        if not 0 <= getattr(pool, f"{name}_minor") <= AMOUNT_MAX_MINOR:
            faults[f"prize_pool.{name}"] = "Amount must not be negative and not beyond the limit"
    if any(share < 0 for share in pool.shares) or not sum(pool.shares):
        faults["prize_pool.distribution"] = "Shares must not be negative and not all zero"
    elif pool.unit == "percent" and sum(pool.shares) != WHOLE:
        faults["prize_pool.distribution"] = "Percentages must total exactly 100"


def _check_times(fields: RuleFields, faults: dict[str, str], now_ms: int | None) -> None:
    start = fields.get("start_at_ms")
    if not 1_000 <= fields.get("duration_ms", DURATION_DEFAULT_MS) <= DURATION_MAX_MS:
        faults["duration_ms"] = "Duration must be between 1 second and 366 days"
    if not 0 <= fields.get("late_registration_ms", 0) <= DURATION_MAX_MS:
        faults["late_registration_ms"] = "Late registration must be between 0 minutes and 366 days"
    if start is None:
        return
    _check_waiting(fields, faults, start)
    if now_ms is not None and start <= now_ms:
        faults["start_at_ms"] = "Start time must be in the future"
    end, deadline = fields.get("end_at_ms"), fields.get("rebuy_deadline_ms")
    opens, closes = fields.get("registration_opens_ms"), fields.get("registration_closes_ms")
    if end is not None and not start + 1_000 <= end <= start + DURATION_MAX_MS:
        faults["end_at_ms"] = "End time must be after the start time, by at most 366 days"
    if opens is not None and opens >= start:
        faults["registration_opens_ms"] = "Registration must open before the start time"
    if closes is not None and not (opens or 0) < closes <= start:
        faults["registration_closes_ms"] = "Registration must close after it opens and not after the start"
    elif closes is not None and now_ms is not None and closes <= now_ms:
        faults["registration_closes_ms"] = "Registration must close in the future"
    if deadline is not None and deadline <= start:
        faults["rebuy_deadline_ms"] = "Rebuy deadline must be after the start time"


def _check_waiting(fields: RuleFields, faults: dict[str, str], start: int) -> None:
    waits = fields.get("on_min_players_missed", "cancel") == "wait"
    until = fields.get("wait_until_ms")
    if waits and until is None:
        faults["wait_until_ms"] = "Is required when the start waits for players"
    elif until is not None and not (waits and until > start):
        faults["wait_until_ms"] = "Must be after the start time, with onMinPlayersMissed wait"
    end = fields.get("end_at_ms")
    if until is not None and end is not None and until >= end:
        faults["wait_until_ms"] = "Must be before the end time"
