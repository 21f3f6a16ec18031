"""Segments of a path: an escaped slash belongs to a name, and NUL belongs nowhere."""

from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from api.http.errors import ApiError, DoorCode, invalid

# Stands for an escaped slash until the route has found its segments.
_SLASH = "\x1f"


def segments(scope: Scope) -> None:
    """Make `path` so that every segment is one, whatever is in it. Raises `ApiError` for what no name has."""
    if b"%00" in scope["query_string"]:
        raise invalid({"query": "Must not hold NUL"})
    if "\x00" in scope["path"] or _SLASH in scope["path"]:
        raise ApiError(DoorCode.NOT_FOUND, "No such path")
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        parts = raw.partition(b"?")[0].split(b"/")
        names = (unquote_to_bytes(part).decode("utf-8", "replace").replace("/", _SLASH) for part in parts)
        scope["path"] = "/".join(names)


def named(parameters: dict[str, Any]) -> None:
    """Path parameters as their names are."""
    for name, value in parameters.items():
        if isinstance(value, str) and _SLASH in value:
            parameters[name] = value.replace(_SLASH, "/")
