"""The prize pool of a body as a domain value, and amounts as minor units."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.http.body import Parsed
from api.rest.tournaments.requests import FieldSizeBody, ItemBody
from server.domain.money import from_decimal
from server.domain.tournament.money.pool import (
    PERCENT_PLACES,
    FieldShares,
    Item,
    PoolKind,
    PrizePool,
)

_AMOUNTS = ("total", "guaranteed", "seed")


def minor(amount: Decimal, places: int, path: str, faults: dict[str, str]) -> int:
    """Minor units of an amount; too many places or a negative amount is a fault."""
    exact = from_decimal(amount, places)
    if exact is None:
        faults[path] = f"Must have at most {places} decimal places"
    elif exact < 0:
        faults[path] = "Must not be negative"
    return 0 if exact is None else exact


def prize_pool(body: dict[str, Any], places: int, parsed: Parsed, old: PrizePool | None) -> PrizePool:
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
        parsed.faults[pool_path(parsed, "total")] = "Is required for a fixed prize pool"
    given = {name: body[name] for name in _AMOUNTS if body.get(name) is not None}
    amounts: dict[str, Any] = {
        f"{name}_minor": minor(amount, places, pool_path(parsed, name), parsed.faults)
        for name, amount in given.items()
    }
    choices = {name: body[name] for name in ("unit", "unclaimed") if body.get(name) is not None}
    return replace(base, **amounts, **choices, **_places(body, parsed))


def _refuse_amounts(body: dict[str, Any], parsed: Parsed, why: str, *names: str) -> None:
    for name in names:
        if body.pop(name, None):
            parsed.faults[pool_path(parsed, name)] = why


def pool_path(parsed: Parsed, name: str) -> str:
    """How the caller spells a field of the prize pool."""
    inside = parsed.path(name)
    return parsed.spelled.get(f"prize_pool.{name}", f"{parsed.path('prize_pool')}.{inside}")


def _places(body: dict[str, Any], parsed: Parsed) -> dict[str, Any]:
    """Who wins what: shares, tables by field size, items."""
    found: dict[str, Any] = {}
    if body.get("distribution") is not None:
        found["shares"] = _shares(body["distribution"], pool_path(parsed, "distribution"), parsed.faults)
    if body.get("field_sizes") is not None:
        tables: list[FieldSizeBody] = body["field_sizes"]
        where = pool_path(parsed, "field_sizes")
        found["by_field"] = tuple(
            FieldShares(table.min_players, _shares(table.distribution, where, parsed.faults))
            for table in tables
        )
    if body.get("items") is not None:
        items: list[ItemBody] = body["items"]
        found["items"] = tuple(Item(*item.place, item.kind, item.code, item.quantity) for item in items)
    return found


def _shares(distribution: list[Decimal], where: str, faults: dict[str, str]) -> tuple[int, ...]:
    return tuple(_share(share, where, faults) for share in distribution)


def _share(percent: Decimal, where: str, faults: dict[str, str]) -> int:
    exact = from_decimal(percent, PERCENT_PLACES)
    if exact is None or exact < 0:
        faults[where] = "Shares must not be negative and have at most 4 decimal places"
    return exact or 0
