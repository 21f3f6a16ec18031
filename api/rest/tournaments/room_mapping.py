"""The room of a body: which game plays it here, with which settings."""

from collections.abc import Mapping
from typing import Any

from api.http.body import Parsed
from server.domain.rooms import settings
from server.domain.rooms.game import Game
from server.domain.tournament.rules.room_rules import RoomRules
from server.encoding.wire_names import ROOM_SETTINGS

Games = Mapping[str, type[Game]]


def room_fields(
    config: Mapping[str, Any], slug: str | None, parsed: Parsed, games: Games, old: RoomRules | None
) -> dict[str, RoomRules | None]:
    """The field `room` where a config says something of it; faults by the caller's spelling."""
    given = {name: config[name] for name in ROOM_SETTINGS if config.get(name) is not None}
    own = config.get("game_settings") or {}
    says_nothing = not given and not own and config.get("source") is None
    if says_nothing and (old is None or "game_slug" not in parsed.values):
        return {}
    source = config.get("source") or "room"
    if source == "platform":
        for name in given:
            parsed.faults[parsed.path(f"config.{name}")] = "Only a room knows it: the source is a platform"
        return {"room": None}
    game = games.get(slug or "")
    if game is None:
        parsed.faults[parsed.path("config.source")] = "This game is not played here: report its rounds"
        return {}
    asked = {**(dict(old.settings) if old is not None else {}), **given, **own}
    for name, why in settings.faults_of(game, asked).items():
        parsed.faults[
            parsed.path(f"config.{name}" if name in ROOM_SETTINGS else f"config.game_settings.{name}")
        ] = why
    if parsed.faults:
        return {}
    complete = settings.complete(game, asked)
    shortest_ms = game.shortest_flight_ms(complete)
    chain = ("", 0) if old is None else (old.commitment, old.links)
    return {"room": RoomRules(tuple(sorted(complete.items())), shortest_ms, *chain)}
