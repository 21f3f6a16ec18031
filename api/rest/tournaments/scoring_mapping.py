"""The config object of a body as domain fields: scoring, ties, policies."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.http.body import Parsed
from server.domain.money import POINT_PLACES, from_decimal
from server.domain.scoring.declaration import Qualify, Scoring, declared

_SAME = ("cancellation_policy", "payout_approval", "forfeited_prizes", "entry_scoring")


def config_fields(config: dict[str, Any], parsed: Parsed, old: Scoring | None) -> dict[str, Any]:
    """Domain fields of `config`; what it leaves out stays as it was in `old`. The tie prizes belong to the
    prize pool and are not among them."""
    fields = {name: config[name] for name in _SAME if config.get(name) is not None}
    if config.get("grace_seconds") is not None:
        fields["grace_ms"] = config["grace_seconds"] * 1_000
    if any(config.get(name) is not None for name in ("tournament_type", "scoring", "tie_breakers")):
        fields["scoring"] = scoring_of(config, parsed, old)
    return fields


def scoring_of(config: dict[str, Any], parsed: Parsed, old: Scoring | None) -> Scoring:
    """The scoring that a config declares. Another model starts from its own defaults and newest version."""
    model = config.get("tournament_type") or (old or declared()).model
    base = old if old is not None and model == old.model else declared(model)
    body = {name: value for name, value in (config.get("scoring") or {}).items() if value is not None}
    plain = {name: body[name] for name in ("version", "n", "metric", "direction") if name in body}
    for name in ("target", "min_bet", "max_bet"):
        if name in body:
            plain[name] = scaled(body[name], f"config.scoring.{name}", parsed)
    if "game_weights" in body:
        where = "config.scoring.game_weights"
        plain["game_weights"] = tuple((g, scaled(w, where, parsed)) for g, w in body["game_weights"].items())
    if "qualify" in body:
        plain["qualify"] = _qualify(body["qualify"], parsed)
    if config.get("tie_breakers") is not None:
        given = tuple(config["tie_breakers"])
        # Registration order always closes the list: it is never a tie.
        plain["ties"] = given if "registration" in given else (*given, "registration")
    return replace(base, **plain)


def _qualify(body: dict[str, Any], parsed: Parsed) -> Qualify:
    where = "config.scoring.qualify"
    least = body.get("min_score")
    return Qualify(
        min_rounds=body.get("min_rounds") or 0,
        min_wagered=scaled(body.get("min_wagered") or Decimal(0), f"{where}.min_wagered", parsed),
        min_score=None if least is None else scaled(least, f"{where}.min_score", parsed),
    )


def scaled(value: Decimal, field: str, parsed: Parsed) -> int:
    """Points or another decimal of at most four places as a scaled integer; else a fault."""
    exact = from_decimal(value, POINT_PLACES)
    if exact is None:
        parsed.faults[parsed.path(field)] = f"Must have at most {POINT_PLACES} decimal places"
    return exact or 0
