"""The response class of every route, and reading query parameters."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.errors import invalid
from server.wire import dump

_OFFSET_MAX = 10**8


class Json(Response):
    """JSON with exact decimals."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode once."""
        return dump(content)


def query_int(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number from the query; out of range or not a number is a typed 400."""
    text = request.query_params.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= number <= most:
        raise invalid({name: f"Must be a whole number from {least} to {most}"})
    return number


def query_bool(request: Request, name: str, default: bool) -> bool:
    """`true` or `false` from the query."""
    text = request.query_params.get(name)
    if text not in (None, "true", "false"):
        raise invalid({name: "Must be true or false"})
    return default if text is None else text == "true"


def page_of(request: Request, default: int, most: int) -> tuple[int, int]:
    """`limit` and `offset` of a paged route."""
    return query_int(request, "limit", default, 1, most), query_int(request, "offset", 0, 0, _OFFSET_MAX)


def only(request: Request, *known: str) -> None:
    """Refuse query parameters that would be ignored."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise invalid(dict.fromkeys(unknown, "Unknown query parameter"))
