"""The room of a body: which game plays it here, with which settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.http.body import Parsed
from server.domain.rooms import beacon, settings
from server.domain.rooms.game import Game
from server.domain.tournament.rules.room_rules import RoomRules
from server.encoding.wire_names import ROOM_SETTINGS


@dataclass(frozen=True, slots=True)
class RoomOffer:
    """What this installation offers to one tenant: the games that are played here; whether public beacons are
    fetched, and whether a tournament has one unless it says otherwise."""

    games: Mapping[str, type[Game]]
    has_beacons: bool = False
    by_default: bool = False


def room_fields(
    config: Mapping[str, Any], slug: str | None, parsed: Parsed, offer: RoomOffer, old: RoomRules | None
) -> dict[str, RoomRules | None]:
    """The field `room` where a config says something of it; faults by the caller's spelling."""
    given = {name: config[name] for name in ROOM_SETTINGS if config.get(name) is not None}
    own, wanted = config.get("game_settings") or {}, config.get("beacon")
    says_nothing = not (given or own or wanted) and config.get("source") is None
    if says_nothing and (old is None or "game_slug" not in parsed.values):
        return {}
    source = config.get("source") or "room"
    if source == "platform":
        for name in [*given, *(["beacon"] if wanted else [])]:
            parsed.faults[parsed.path(f"config.{name}")] = "Only a room knows it: the source is a platform"
        return {"room": None}
    game = offer.games.get(slug or "")
    if game is None:
        parsed.faults[parsed.path("config.source")] = "This game is not played here: report its rounds"
        return {}
    asked = {**(dict(old.settings) if old is not None else {}), **given, **own}
    for name, why in settings.faults_of(game, asked).items():
        parsed.faults[
            parsed.path(f"config.{name}" if name in ROOM_SETTINGS else f"config.game_settings.{name}")
        ] = why
    if wanted not in (None, beacon.NONE) and not offer.has_beacons:
        parsed.faults[parsed.path("config.beacon")] = "This installation fetches no public beacons"
    if parsed.faults:
        return {}
    complete = settings.complete(game, asked)
    shortest_ms = game.shortest_flight_ms(complete)
    chain = ("", 0) if old is None else (old.commitment, old.links)
    settled = tuple(sorted(complete.items()))
    return {"room": RoomRules(settled, shortest_ms, *chain, beacon=_beacon(wanted, offer, old))}


def _beacon(wanted: str | None, offer: RoomOffer, old: RoomRules | None) -> str:
    """The beacon that a room has; empty for none."""
    if wanted is not None:
        return "" if wanted == beacon.NONE else wanted
    if old is not None:
        return old.beacon
    return beacon.QUICKNET.name if offer.has_beacons and offer.by_default else ""
