"""The games that this process plays: packages that declare an entry point `pitboss.games` and are named in
`PITBOSS_GAMES`. A game is trusted code: nothing is loaded that was not named.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from server.domain.rooms.game import Game

GROUP: Final = "pitboss.games"
DEFAULT: Final = "crash-classic"
OUR_PACKAGE: Final = "pitboss"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InstalledGame:
    """A game, and where its code comes from; `files_sha256` covers the Python files of its package."""

    game: type[Game]
    package: str
    package_version: str
    files_sha256: str


@cache
def installed(names: str) -> Mapping[str, InstalledGame]:
    """The named games (with commas) by slug. `coin@3f2a...` is loaded only if the digest of its files begins
    so: a changed game needs a changed setting. One that cannot be loaded is left out and logged: the
    tournaments of the others must go on."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    games = {}
    for part in filter(None, (part.strip() for part in names.split(","))):
        name, _, pinned = part.partition("@")
        try:
            game = _load(found[name])
        except KeyError:
            log.error("game_not_installed", extra={"game": name})
        except Exception:
            log.exception("game_not_loaded", extra={"game": name})
        else:
            if game.files_sha256.startswith(pinned):
                games[name] = game
            else:
                log.error("game_changed", extra={"game": name, "files_sha256": game.files_sha256})
    return games


def games_of(names: str) -> dict[str, type[Game]]:
    """Only the classes."""
    return {slug: one.game for slug, one in installed(names).items()}


def packages_of(names: str) -> frozenset[str]:
    """The slugs of games that are not ours."""
    return frozenset(slug for slug, one in installed(names).items() if one.package != OUR_PACKAGE)


def _load(point: EntryPoint) -> InstalledGame:
    game = point.load()
    if not (isinstance(game, type) and issubclass(game, Game)) or game.slug != point.name:
        raise TypeError(f"{point.value} is not the game {point.name}")
    dist = point.dist
    package, version = ("", "") if dist is None else (dist.name, dist.version)
    return InstalledGame(game, package, version, _digest_of(point.module))


def _digest_of(module: str) -> str:
    """Over the files of the game's package, or its one module, by name."""
    path = Path(import_module(module).__file__ or "")
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    whole = sha256()
    for file in files:
        whole.update(file.relative_to(path.parent).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()
