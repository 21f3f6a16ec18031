"""Bodies to domain fields and back to the caller's spelling of them."""

from dataclasses import replace
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
    "on_min_players_missed": "on_min_players_missed",
    "wait_until": "wait_until_ms",
    "min_players": "min_players",
    "max_players": "max_players",
    "rebuy_enabled": "rebuy_enabled",
    "max_entries_per_player": "max_entries_per_player",
    "rebuy_deadline": "rebuy_deadline_ms",
}
_AMOUNTS = {"entry_fee": "buy_in_minor", "fee": "fee_minor", "rebuy_fee": "rebuy_fee_minor"}
# Only these mean something when null; any other null is the same as leaving the field out.
_NULLABLE = {"external_id", "end_time", "registration_closes", "max_players", "max_entries_per_player",
             "rebuy_deadline", "registration_opens", "wait_until"}  # fmt: skip
_BACK = {domain: model for model, domain in (_PLAIN | _AMOUNTS).items()} | {
    "duration_ms": "duration_seconds",
    "late_registration_ms": "late_registration_minutes",
    "scoring": "config.tournament_type",
    "cancellation_policy": "config.cancellation_policy",
    "public": "visibility",
}
_POOL_AMOUNTS = ("total", "guaranteed", "seed")
_WIRE_DEFAULT = {"scheduled_start": "startTime", "config.tournament_type": "config.tournament_type"}


def rule_fields(
    parsed: Parsed, currency: str, known_games: dict[str, str], old_pool: PrizePool | None = None
) -> RuleFields:
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
    if "late_registration_minutes" in values:
        fields["late_registration_ms"] = values["late_registration_minutes"] * 60_000
    if "visibility" in values:
        fields["public"] = values["visibility"] == "public"
    config = values.get("config") or {}
    fields |= {"scoring": config["tournament_type"]} if config.get("tournament_type") else {}
    if config.get("cancellation_policy"):
        fields["cancellation_policy"] = config["cancellation_policy"]
    if "prize_pool" in values:
        fields["prize_pool"] = _prize_pool(dict(values["prize_pool"]), places, parsed, old_pool)
    return cast(RuleFields, fields)


def minor(amount: Decimal, places: int, path: str, faults: dict[str, str]) -> int:
    """Minor units of an amount; too many places or a negative amount is a fault."""
    exact = from_decimal(amount, places)
    if exact is None:
        faults[path] = f"Must have at most {places} decimal places"
    elif exact < 0:
        faults[path] = "Must not be negative"
    return 0 if exact is None else exact


def _prize_pool(body: dict[str, Any], places: int, parsed: Parsed, old: PrizePool | None) -> PrizePool:
    """The pool that a body says; what it leaves out stays as it was in `old`."""
    total = body.get("total")
    kind: PoolKind = body.get("type") or (old.kind if old else "percentage" if total is None else "fixed")
    base = replace(old or PrizePool(), kind=kind)
    if kind == "percentage":
        base = replace(base, total_minor=0)
        _refuse_amounts(body, parsed, "A percentage prize pool has no total: the entries collect it", "total")
    else:
        base = replace(base, guaranteed_minor=0, seed_minor=0)
        _refuse_amounts(body, parsed, "Only a percentage prize pool has this", "guaranteed", "seed")
    if kind == "fixed" and total is None and (old is None or old.kind != "fixed"):
        parsed.faults[_pool_path(parsed, "total")] = "Is required for a fixed prize pool"
    given = {name: body[name] for name in _POOL_AMOUNTS if body.get(name) is not None}
    amounts: dict[str, Any] = {
        f"{name}_minor": minor(amount, places, _pool_path(parsed, name), parsed.faults)
        for name, amount in given.items()
    }
    choices = {name: body[name] for name in ("unit", "unclaimed") if body.get(name) is not None}
    pool = replace(base, **amounts, **choices)
    return replace(pool, shares=_shares(body, parsed)) if body.get("distribution") is not None else pool


def _refuse_amounts(body: dict[str, Any], parsed: Parsed, why: str, *names: str) -> None:
    for name in names:
        if body.pop(name, None):
            parsed.faults[_pool_path(parsed, name)] = why


def _pool_path(parsed: Parsed, name: str) -> str:
    return parsed.spelled.get(f"prize_pool.{name}", f"{parsed.path('prize_pool')}.{name}")


def _shares(body: dict[str, Any], parsed: Parsed) -> tuple[int, ...]:
    where = parsed.spelled["prize_pool.distribution"]
    return tuple(_share(share, where, parsed.faults) for share in body["distribution"])


def _share(percent: Decimal, where: str, faults: dict[str, str]) -> int:
    exact = from_decimal(percent * PERCENT_SCALE, 0)
    if exact is None or exact < 0:
        faults[where] = "Shares must not be negative and have at most 4 decimal places"
    return exact or 0


def spelled(fields: dict[str, str], parsed: Parsed) -> dict[str, str]:
    """Faults by domain field as faults by the caller's spelling."""
    told = {}
    for domain, why in fields.items():
        if domain.startswith("prize_pool."):
            told[_pool_path(parsed, domain.removeprefix("prize_pool."))] = why
            continue
        model = _BACK.get(domain, domain)
        told[parsed.spelled.get(model) or _WIRE_DEFAULT.get(model) or parsed.path(model)] = why
    return told
