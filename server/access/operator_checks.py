"""What an operator's master data must look like: checked where it enters, so that everything later can trust
it."""

import re
from typing import Final
from urllib.parse import urlsplit

from config.door_limits import OPERATOR_GAMES_MAX, OPERATOR_ORIGINS_MAX, OPERATOR_URL_CHARS_MAX
from server.encoding.currencies import places_of
from server.encoding.zones import zone_named
from server.ports import Operator

# No hyphen in an operator id: the names of its queues are pitboss-<id>-<queue>.fifo.
_ID: Final = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
# Registration answers carry the game access under the slug, beside these fields.
_TAKEN: Final = frozenset({"status", "games"})
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z")


def faults_of(operator: Operator, *, is_new: bool = False) -> dict[str, str]:
    """Every fault by option name. Ids of operators that exist already are left as they are."""
    faults: dict[str, str] = {}
    if is_new and not _ID.match(operator.id):
        faults["id"] = "An operator id has 1 to 64 letters, digits and underscores"
    if not 1 <= len(operator.name.strip()) <= 200 or not operator.name.isprintable():
        faults["name"] = "A name has 1 to 200 printable characters"
    if places_of(operator.currency) is None:
        faults["currency"] = f"Unknown currency {operator.currency!r}; use an ISO 4217 code such as EUR"
    if zone_named(operator.timezone) is None:
        faults["timezone"] = f"Unknown time zone {operator.timezone!r}; use an IANA name such as Europe/London"
    if why := _why_bad_games(operator.games):
        faults["game"] = why
    bad = [origin for origin in operator.origins if not _ORIGIN.match(origin)]
    if bad or len(operator.origins) > OPERATOR_ORIGINS_MAX:
        faults["origin"] = f"An origin is a scheme and a host, such as https://casino.example: {bad[:1]}"
    return faults


def _why_bad_games(games: dict[str, str]) -> str | None:
    if len(games) > OPERATOR_GAMES_MAX:
        return f"There can be at most {OPERATOR_GAMES_MAX} games"
    for slug, url in games.items():
        if not _SLUG.match(slug) or slug in _TAKEN:
            return f"A game slug has lower-case letters, digits and hyphens: {slug!r}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > OPERATOR_URL_CHARS_MAX:
            most = OPERATOR_URL_CHARS_MAX
            return f"The URL of {slug} must be an http(s) URL of at most {most} characters: {url!r}"
    return None
