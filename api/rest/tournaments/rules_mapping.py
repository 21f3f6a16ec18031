"""Bodies to domain fields and back to the caller's spelling of them."""

from dataclasses import replace
from typing import Any

from api.http.body import Parsed
from api.rest.tournaments.pool_mapping import minor, pool_path, prize_pool
from api.rest.tournaments.room_mapping import RoomOffer, room_fields
from api.rest.tournaments.scoring_mapping import config_fields, scaled
from server.domain.tournament.rules.rules import (
    AddOn,
    Format,
    Rounds,
    RuleFields,
    Rules,
)
from server.encoding.currencies import places_of
from server.encoding.wire_names import (
    AMOUNTS,
    BACK,
    CHANGED,
    PLAIN,
)

# Only these mean something when null; any other null is the same as leaving the field out.
_NULLABLE = {"external_id", "end_time", "registration_closes", "max_players", "max_entries_per_player",
             "rebuy_deadline", "registration_opens", "wait_until", "rounds", "add_on"}  # fmt: skip
_WIRE_DEFAULT = {"scheduled_start": "startTime", "config.tournament_type": "config.tournament_type"}


def rule_fields(
    parsed: Parsed, currency: str, known_games: dict[str, str], rooms: RoomOffer, old: Rules | None = None
) -> RuleFields:
    """Domain fields of a tournament body; nested objects that name only some parts keep the others of
    `old`. `rooms` is what is played here. Faults of money, currency and game are added to
    `parsed`."""
    values = {k: v for k, v in parsed.values.items() if v is not None or k in _NULLABLE}
    currency = values.get("currency", currency)
    places = places_of(currency)
    if places is None:
        parsed.faults[parsed.path("currency")] = "Unknown currency: use an ISO 4217 code such as EUR"
        places = 2
    if "game_slug" in values and values["game_slug"] not in known_games:
        parsed.faults[parsed.path("game_slug")] = "Unknown game: GET /api/games lists yours"
    fields: RuleFields = {PLAIN[k]: v for k, v in values.items() if k in PLAIN}
    fields |= {domain: change(values[k]) for k, (domain, change) in CHANGED.items() if k in values}
    fields |= {"currency": currency, "currency_places": places}
    for name, domain in AMOUNTS.items():
        if name in values:
            fields[domain] = minor(values[name], places, parsed.path(name), parsed.faults)
    if "rounds" in values:
        fields["rounds"] = _rounds(values["rounds"], parsed)
    if "add_on" in values:
        fields["add_on"] = _add_on(values["add_on"], places, parsed)
    config = values.get("config") or {}
    fields |= config_fields(config, parsed, old.scoring if old else None)
    slug = values.get("game_slug") or (old.game_slug if old else None)
    fields |= room_fields(config, slug, parsed, rooms, old.room if old else None)
    if "prize_pool" in values or config.get("tie_prizes"):
        pool = prize_pool(
            dict(values.get("prize_pool") or {}), places, parsed, old.prize_pool if old else None
        )
        ties = config.get("tie_prizes") or pool.ties
        fields["prize_pool"] = replace(pool, ties=ties)
    return fields


def is_hop(parsed: Parsed) -> bool:
    """Whether a body is of a tournament that players start."""
    values = parsed.values
    return values.get("format") == "hop_on_off" or values.get("start_condition") == "min_players_reached"


def format_of(parsed: Parsed, now_ms: int) -> RuleFields:
    """Format and start of a new tournament: a hop-on/off one has no start time, a scheduled one needs it."""
    values = parsed.values
    condition, hop = values.get("start_condition"), is_hop(parsed)
    chosen: Format = "hop_on_off" if hop else "scheduled"
    if hop and (values.get("format") == "scheduled" or condition == "scheduled_time"):
        parsed.faults[parsed.path("start_condition")] = "Contradicts format"
    start = values.get("scheduled_start")
    if hop:
        if start is not None:
            parsed.faults[parsed.path("scheduled_start")] = "A hop-on/off tournament has no start time"
        return {"format": chosen, "start_at_ms": now_ms}
    if parsed.lacks("scheduled_start"):
        parsed.faults[parsed.path("scheduled_start")] = "Is required"
    return {"format": chosen}


def _rounds(body: dict[str, Any] | None, parsed: Parsed) -> Rounds | None:
    if body is None:
        return None
    rate = body.get("elimination_rate")
    return Rounds(
        count=body["count"],
        duration_ms=body["duration_seconds"] * 1_000,
        elimination_rate=None if rate is None else scaled(rate, "rounds.elimination_rate", parsed),
        eliminate=body.get("eliminate"),
        survivors=body.get("survivors"),
        paced_by=body.get("paced_by") or "clock",
        eliminated_by=body.get("eliminated_by") or "rank",
    )


def _add_on(body: dict[str, Any] | None, places: int, parsed: Parsed) -> AddOn | None:
    if body is None:
        return None
    points = body.get("points")
    return AddOn(
        price_minor=minor(body["price"], places, parsed.path("add_on.price"), parsed.faults),
        points=0 if points is None else scaled(points, "add_on.points", parsed),
        most_per_player=body.get("max_per_player", 1),
        deadline_ms=body.get("deadline"),
    )


def spelled(fields: dict[str, str], parsed: Parsed) -> dict[str, str]:
    """Faults by domain field as faults by the caller's spelling."""
    faults = {}
    for domain, why in fields.items():
        if domain.startswith("prize_pool."):
            faults[pool_path(parsed, domain.removeprefix("prize_pool."))] = why
            continue
        model = BACK.get(domain, domain)
        if model.startswith("scoring."):
            model = f"config.{model}"
        faults[parsed.spelled.get(model) or _WIRE_DEFAULT.get(model) or parsed.path(model)] = why
    return faults
