"""Answers with a player's token: how they are sent, and how they are kept for a repetition, without it."""

from msgspec import structs

from api.context.player_tokens import Tokens
from server.encoding.answer import Answer, OpenAnswer, fields_of
from server.encoding.wire import dump, load

_KEPT = "\x00token"
_MARK = b"\\u0000token"


class GameAccess(Answer, rename=None):
    """How a player gets into the game: a token, and the operator's game URL with it."""

    jwt: str
    game_url: str


class GameAccessOf(Answer, rename=None):
    """The same with the game's slug."""

    slug: str
    jwt: str
    game_url: str


def access_of(slug: str, token: str, url: str) -> tuple[dict[str, GameAccess | None], list[GameAccessOf]]:
    """`more` and `games` of such an answer."""
    return {slug: GameAccess(jwt=token, game_url=url)}, [GameAccessOf(slug=slug, jwt=token, game_url=url)]


def without_token(answer: OpenAnswer, access: GameAccessOf) -> bytes:
    """An answer as it is kept: without what signs in a player, but with what must be signed again."""
    kept = fields_of(structs.replace(answer, more={access.slug: None}, games=[]))
    unsigned = access.jwt.rpartition(".")[0]
    url = access.game_url.replace(access.jwt, "{jwt}")
    return dump(kept | {_KEPT: {"slug": access.slug, "unsigned": unsigned, "url": url}})


def whole(kept: bytes, tokens: Tokens) -> bytes:
    """A kept answer as it was given. Only we write its mark: no caller names the fields of an answer."""
    if _MARK not in kept:
        return kept
    body = load(kept)
    mark = body.pop(_KEPT, None) if isinstance(body, dict) else None
    if mark is None:
        return kept
    token = tokens.sign(mark["unsigned"])
    access, games = access_of(mark["slug"], token, mark["url"].replace("{jwt}", token))
    return dump(body | access | {"games": games})
