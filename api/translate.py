"""Bodies to domain fields and back to the caller's spelling of them."""

from decimal import Decimal
from typing import Any, cast

from api.body import Parsed
from server.currencies import places_of
from server.domain.money import from_decimal
from server.domain.tournament.rules import PERCENT_SCALE, PoolKind, PrizePool, RuleFields

# Model field -> field of the rules, where only the name changes.
_PLAIN = {
    "name": "name",
    "description": "description",
    "external_id": "external_id",
    "game_slug": "game_slug",
    "scheduled_start": "start_at_ms",
    "end_time": "end_at_ms",
    "registration_opens": "registration_opens_ms",
    "registration_closes": "registration_closes_ms",
    "min_players": "min_players",
    "max_players": "max_players",
    "rebuy_enabled": "rebuy_enabled",
    "max_entries_per_player": "max_entries_per_player",
    "rebuy_deadline": "rebuy_deadline_ms",
}
_AMOUNTS = {"entry_fee": "buy_in_minor", "fee": "fee_minor", "rebuy_fee": "rebuy_fee_minor"}
# Only these mean something when null; any other null is the same as leaving the field out.
_NULLABLE = {"external_id", "end_time", "registration_closes", "max_players", "max_entries_per_player",
             "rebuy_deadline", "registration_opens"}  # fmt: skip
_BACK = {domain: model for model, domain in (_PLAIN | _AMOUNTS).items()} | {
    "duration_ms": "duration_seconds",
    "scoring": "config.tournament_type",
    "cancellation_policy": "config.cancellation_policy",
    "prize_pool.total": "prize_pool.total",
    "prize_pool.distribution": "prize_pool.distribution",
    "public": "visibility",
}
_WIRE_DEFAULT = {"scheduled_start": "startTime", "config.tournament_type": "config.tournament_type"}


def rule_fields(parsed: Parsed, currency: str, known_games: dict[str, str]) -> RuleFields:
    """Domain fields of a tournament body. Faults of money, currency and game are added to `parsed`."""
    values = {k: v for k, v in parsed.values.items() if v is not None or k in _NULLABLE}
    currency = values.get("currency", currency)
    places = places_of(currency)
    if places is None:
        parsed.faults[parsed.path("currency")] = "Unknown currency"
        places = 2
    if "game_slug" in values and values["game_slug"] not in known_games:
        parsed.faults[parsed.path("game_slug")] = "Unknown game"
    fields: dict[str, Any] = {_PLAIN[k]: v for k, v in values.items() if k in _PLAIN}
    fields |= {"currency": currency, "currency_places": places}
    for name, domain in _AMOUNTS.items():
        if name in values:
            fields[domain] = minor(values[name], places, parsed.path(name), parsed.faults)
    if "duration_seconds" in values:
        fields["duration_ms"] = values["duration_seconds"] * 1_000
    if "visibility" in values:
        fields["public"] = values["visibility"] == "public"
    config = values.get("config") or {}
    fields |= {"scoring": config["tournament_type"]} if config.get("tournament_type") else {}
    if config.get("cancellation_policy"):
        fields["cancellation_policy"] = config["cancellation_policy"]
    if "prize_pool" in values:
        fields["prize_pool"] = _prize_pool(values["prize_pool"], places, parsed)
    return cast(RuleFields, fields)


def minor(amount: Decimal, places: int, path: str, faults: dict[str, str]) -> int:
    """Minor units of an amount; too many places or a negative amount is a fault."""
    exact = from_decimal(amount, places)
    if exact is None:
        faults[path] = f"Must have at most {places} decimal places"
    elif exact < 0:
        faults[path] = "Must not be negative"
    return 0 if exact is None else exact


def _prize_pool(body: dict[str, Any], places: int, parsed: Parsed) -> PrizePool:
    total = body.get("total")
    kind: PoolKind = body.get("type") or ("percentage" if total is None else "fixed")
    path = parsed.spelled.get("prize_pool.total", parsed.path("prize_pool") + ".total")
    if kind == "fixed" and total is None:
        parsed.faults[path] = "Is required for a fixed prize pool"
    if kind == "percentage" and total:
        parsed.faults[path] = "A percentage prize pool has no total: it is what the entries collect"
    total_minor = minor(total, places, path, parsed.faults) if total and kind == "fixed" else 0
    given = body.get("distribution")
    if given is None:
        return PrizePool(kind, total_minor)
    where = parsed.spelled["prize_pool.distribution"]
    shares = tuple(_share(percent, where, parsed.faults) for percent in given)
    return PrizePool(kind, total_minor, shares)


def _share(percent: Decimal, where: str, faults: dict[str, str]) -> int:
    exact = from_decimal(percent * PERCENT_SCALE, 0)
    if exact is None or exact < 0:
        faults[where] = "Percentages must not be negative and have at most 4 decimal places"
    return exact or 0


def spelled(fields: dict[str, str], parsed: Parsed) -> dict[str, str]:
    """Faults by domain field as faults by the caller's spelling."""
    told = {}
    for domain, why in fields.items():
        model = _BACK.get(domain, domain)
        told[parsed.spelled.get(model) or _WIRE_DEFAULT.get(model) or parsed.path(model)] = why
    return told
