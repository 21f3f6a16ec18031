"""The answer about games."""

from server.encoding.answer import Answer


class GameAnswer(Answer):
    """A game that tournaments may be held of; `{jwt}` in the URL becomes a player's token."""

    slug: str
    url: str


class GameList(Answer):
    """Your games, by slug."""

    games: list[GameAnswer]
