"""Every fault of a configuration at once, by domain field name; nested fields as `prize_pool.total`."""

from typing import Final

from server.domain.money import POINT_SCALE
from server.domain.ranking import PLAYER_MASK
from server.domain.scoring.bounds import VALUE_MAX
from server.domain.scoring.declaration import faults_of as scoring_faults_of
from server.domain.tournament.money import pool
from server.domain.tournament.money.pool import AMOUNT_MAX_MINOR
from server.domain.tournament.rules.room_rules import FLIGHTS_MAX, RoomRules
from server.domain.tournament.rules.rules import DEFAULTS, DURATION_DEFAULT_MS, RuleFields, Rules

DURATION_MAX_MS: Final = 366 * 24 * 3_600_000
GRACE_MAX_MS: Final = 10 * 60_000
ENTRIES_MAX: Final = 1_000
ROUNDS_MAX: Final = 1_000
# With every duration on top still an instant that any reader of RFC 3339 can hold.
INSTANT_MAX_MS: Final = 7_258_118_400_000  # 2200-01-01
Faults = dict[str, str]
_TIMES: Final = (
    "end_at_ms",
    "registration_opens_ms",
    "registration_closes_ms",
    "wait_until_ms",
    "rebuy_deadline_ms",
)
_NO_TIME: Final = "A hop-on/off tournament has no such time"
_AMOUNT: Final = "Amount must not be negative and not beyond the limit"


def faults_of(fields: RuleFields, now_ms: int | None) -> Faults:
    """Every fault of the given fields; absent fields cannot be faulty.

    `now_ms` None skips the checks against the present: an update re-checks only what it changes.
    """
    faults: Faults = {}
    given = DEFAULTS | fields
    _check_texts(fields, faults)
    _check_players(given, faults)
    _check_money(given, faults)
    _check_play(given, faults)
    _check_contradictions(given, faults)
    _check_instants(fields, faults)
    if given["format"] == "hop_on_off":
        _check_hop(given, faults)
    elif "start_at_ms" in fields:
        _check_times(given, faults, now_ms)
        _check_waiting(given, faults)
    if given["room"] is not None:
        _check_room(given, given["room"], faults)
    for name, why in scoring_faults_of(given["scoring"]).items():
        faults[f"scoring.{name}"] = why
    for name, why in pool.faults_of(given["prize_pool"]).items():
        faults[f"prize_pool.{name}"] = why
    return faults


def _check_texts(fields: RuleFields, faults: Faults) -> None:
    name = fields.get("name")
    if name is not None and not 1 <= len(name.strip()) <= 200:
        faults["name"] = "Name must have 1 to 200 characters"
    if len(fields.get("description") or "") > 4_000:
        faults["description"] = "Description must have at most 4000 characters"
    if len(fields.get("external_id") or "") > 200:
        faults["external_id"] = "External id must have at most 200 characters"


def _check_players(given: RuleFields, faults: Faults) -> None:
    least, most = given["min_players"], given["max_players"]
    if not 1 <= least <= PLAYER_MASK:
        faults["min_players"] = f"Minimum players must be 1 to {PLAYER_MASK}"
    if most is not None and not 1 <= most <= PLAYER_MASK:
        faults["max_players"] = f"Maximum players must be 1 to {PLAYER_MASK}"
    elif most is not None and most < least:
        faults["max_players"] = "Maximum players must be greater than minimum players"
    entries = given["max_entries_per_player"]
    if entries is not None and not 1 <= entries <= ENTRIES_MAX:
        faults["max_entries_per_player"] = f"Entries per player must be 1 to {ENTRIES_MAX}"


def _check_instants(fields: RuleFields, faults: Faults) -> None:
    for name in (*_TIMES, "start_at_ms"):
        at_ms = fields.get(name)
        if at_ms is not None and not 0 <= at_ms < INSTANT_MAX_MS:
            faults[name] = "Must be before the year 2200"


def _check_contradictions(given: RuleFields, faults: Faults) -> None:
    """Settings that cannot mean anything together."""
    if given["rebuy_enabled"] and given["max_entries_per_player"] == 1:
        faults["max_entries_per_player"] = "Must be at least 2 when rebuys are enabled"
    if not given["rebuy_enabled"]:
        if given["rebuy_fee_minor"]:
            faults["rebuy_fee_minor"] = "Needs rebuys: enable them"
        if given["rebuy_deadline_ms"] is not None:
            faults["rebuy_deadline_ms"] = "Needs rebuys: enable them"
    if given["rounds"] is not None and given["duration_ms"] != DURATION_DEFAULT_MS:
        faults["duration_ms"] = "Rounds say how long play lasts: give one of the two"


def _check_money(given: RuleFields, faults: Faults) -> None:
    for name in ("buy_in_minor", "fee_minor", "rebuy_fee_minor"):
        if not 0 <= given[name] <= AMOUNT_MAX_MINOR:
            faults[name] = _AMOUNT
    add_on = given["add_on"]
    if add_on is None:
        return
    if not 0 <= add_on.price_minor <= AMOUNT_MAX_MINOR:
        faults["add_on.price"] = _AMOUNT
    if not 0 <= add_on.points <= VALUE_MAX:
        faults["add_on.points"] = "Points must not be negative and not beyond the limit"
    if not 1 <= add_on.most_per_player <= ENTRIES_MAX:
        faults["add_on.max_per_player"] = f"Must be 1 to {ENTRIES_MAX}"
    if add_on.deadline_ms is not None and add_on.deadline_ms <= given.get("start_at_ms", 0):
        faults["add_on.deadline"] = "Must be after the start time"


def _check_play(given: RuleFields, faults: Faults) -> None:
    if not 1_000 <= given["duration_ms"] <= DURATION_MAX_MS:
        faults["duration_ms"] = "Duration must be between 1 second and 366 days"
    if not 0 <= given["grace_ms"] <= GRACE_MAX_MS:
        faults["grace_ms"] = "Grace must be between 0 and 600 seconds"
    if not 0 <= given["late_registration_ms"] <= DURATION_MAX_MS:
        faults["late_registration_ms"] = "Late registration must be between 0 minutes and 366 days"
    rounds = given["rounds"]
    if rounds is None:
        if given["late_registration_rounds"]:
            faults["late_registration_rounds"] = "Needs rounds"
        return
    if given["end_at_ms"] is not None:
        faults["end_at_ms"] = "Rounds say when play ends"
    if not 0 <= given["late_registration_rounds"] <= rounds.count:
        faults["late_registration_rounds"] = "Must be at most the number of rounds"
    _check_rounds(given, faults)


def _check_rounds(given: RuleFields, faults: Faults) -> None:
    rounds = given["rounds"]
    if not 1 <= rounds.count <= ROUNDS_MAX:
        faults["rounds.count"] = f"Must be 1 to {ROUNDS_MAX}"
    if not 1_000 <= rounds.duration_ms <= DURATION_MAX_MS // max(rounds.count, 1):
        faults["rounds.duration_seconds"] = "Rounds must have at least 1 second and at most 366 days in all"
    if rounds.elimination_rate is not None and rounds.eliminate is not None:
        faults["rounds.eliminate"] = "Give a rate or a number, not both"
    if rounds.elimination_rate is not None and not 0 <= rounds.elimination_rate < POINT_SCALE:
        faults["rounds.elimination_rate"] = "Must be from 0 to below 1"
    if rounds.eliminate is not None and not 0 <= rounds.eliminate <= PLAYER_MASK:
        faults["rounds.eliminate"] = "Must not be negative"
    numbers = (rounds.elimination_rate, rounds.eliminate, rounds.survivors)
    if rounds.eliminated_by == "game" and any(number is not None for number in numbers):
        faults["rounds.eliminated_by"] = "The game decides who goes out: give no rate and no numbers"
    if rounds.survivors is not None and not 1 <= rounds.survivors <= PLAYER_MASK:
        faults["rounds.survivors"] = "Must be at least 1"


def _check_room(given: RuleFields, room: RoomRules, faults: Faults) -> None:
    """A room paces itself, and its chain reaches to the end of play."""
    rounds = given["rounds"]
    if rounds is not None and rounds.paced_by == "game":
        faults["rounds.paced_by"] = "A room goes by the clock"
    if rounds is not None and rounds.eliminated_by == "game":
        faults["rounds.eliminated_by"] = "A room puts no player out: elimination goes by rank"
    if faults or "start_at_ms" not in given:
        return
    flights = room.flights_within(Rules(**given).play_ms())
    most = room.links if room.commitment else FLIGHTS_MAX
    if flights > most:
        faults["room.flights"] = f"Up to {flights} flights fit in, and there can be {most}: give a number"


def _check_hop(given: RuleFields, faults: Faults) -> None:
    """A hop-on/off tournament has no times but durations."""
    for name in _TIMES:
        if given[name] is not None:
            faults[name] = _NO_TIME
    if given["add_on"] is not None and given["add_on"].deadline_ms is not None:
        faults["add_on.deadline"] = _NO_TIME
    if given["on_min_players_missed"] != "cancel":
        faults["on_min_players_missed"] = "A hop-on/off tournament waits until enough players are in"


def _check_times(given: RuleFields, faults: Faults, now_ms: int | None) -> None:
    start, end = given["start_at_ms"], given["end_at_ms"]
    opens, closes = given["registration_opens_ms"], given["registration_closes_ms"]
    deadline = given["rebuy_deadline_ms"]
    if now_ms is not None and start <= now_ms:
        faults["start_at_ms"] = "Start time must be in the future"
    if end is not None and given["rounds"] is None and not start + 1_000 <= end <= start + DURATION_MAX_MS:
        faults["end_at_ms"] = "End time must be after the start time, by at most 366 days"
    if opens is not None and opens >= start:
        faults["registration_opens_ms"] = "Registration must open before the start time"
    if closes is not None and not (opens or 0) < closes <= start:
        faults["registration_closes_ms"] = "Registration must close after it opens and not after the start"
    elif closes is not None and now_ms is not None and closes <= now_ms:
        faults["registration_closes_ms"] = "Registration must close in the future"
    if deadline is not None and deadline <= start:
        faults["rebuy_deadline_ms"] = "Rebuy deadline must be after the start time"


def _check_waiting(given: RuleFields, faults: Faults) -> None:
    waits, until = given["on_min_players_missed"] == "wait", given["wait_until_ms"]
    if waits and until is None:
        faults["wait_until_ms"] = "Is required when the start waits for players"
    elif until is not None and not (waits and until > given["start_at_ms"]):
        faults["wait_until_ms"] = "Must be after the start time, with onMinPlayersMissed wait"
    end = given["end_at_ms"]
    if until is not None and end is not None and until >= end:
        faults["wait_until_ms"] = "Must be before the end time"
