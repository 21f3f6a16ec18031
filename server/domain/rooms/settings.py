"""The settings of a room: those of the framework and those of the game, complete and within their bounds."""

from collections.abc import Mapping
from typing import Final

from server.domain.rooms.game import Game, Setting

# More than a game says; `flights` None means that the bell alone ends the room.
COMMON: Final[Mapping[str, Setting]] = {
    "starting_credits": Setting(1_000, 1, 1_000_000_000, "Credits that each entry brings; no cash value."),
    "flights": Setting(None, 1, 10_000, "How many flights there are; without it the bell ends play."),
}


def known(game: type[Game]) -> dict[str, Setting]:
    """Everything that a tournament may set for a game."""
    return {**COMMON, **game.settings}


def complete(game: type[Game], given: Mapping[str, int]) -> dict[str, int]:
    """The given settings with the defaults of all others. Raises `KeyError` for one that is not known."""
    settings = {name: one.default for name, one in known(game).items() if one.default is not None}
    for name, value in given.items():
        if name not in known(game):
            raise KeyError(name)
        settings[name] = value
    return settings


def faults_of(game: type[Game], given: Mapping[str, int]) -> dict[str, str]:
    """What is wrong with settings, by name."""
    faults = {}
    for name, value in given.items():
        setting = known(game).get(name)
        if setting is None:
            faults[name] = f"The game {game.slug} does not know it"
        elif not setting.least <= value <= setting.most:
            faults[name] = f"Must be {setting.least} to {setting.most}"
    return faults or dict(game.faults(complete(game, given)))
