"""The scripts for browsers: under their version for ever, under `v1` for five minutes.

Pages of every origin may load them: a script says nothing that is not public.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.errors import ApiError, DoorCode

router = APIRouter()
LATEST: Final = "v1"
_TYPES: Final = {"js": "text/javascript", "css": "text/css", "json": "application/json"}
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
_FOR_EVER, _SHORT = "public, max-age=31536000, immutable", "public, max-age=300"
_FOR_ALL: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}


class Script(NamedTuple):
    """A file as it is, and compressed."""

    kind: str
    plain: bytes
    packed: bytes


@cache
def scripts() -> dict[str, Script]:
    """All files of the client, by their path."""
    root = files("api") / "clients" / "javascript"
    found = {**_found(root, ""), **_found(root / "texts", "texts/")}
    return {path: Script(_TYPES[path.rpartition(".")[2]], data, _packed(data)) for path, data in found.items()}


def _found(folder: Traversable, prefix: str) -> dict[str, bytes]:
    names = (one for one in folder.iterdir() if one.name.rpartition(".")[2] in _TYPES)
    return {f"{prefix}{one.name}": _lean(one.read_text()) for one in names}


def _lean(text: str) -> bytes:
    """Without the comments that stand on lines of their own: a third of what would be sent."""
    return _COMMENT.sub("", text).encode()


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


@cache
def version() -> str:
    """Changes with any of the files."""
    whole = sha256()
    for path, script in sorted(scripts().items()):
        whole.update(path.encode() + b"\0" + script.plain)
    return whole.hexdigest()[:12]


@router.get("/sdk/{wanted}/{path:path}", include_in_schema=False)
async def get_script(wanted: str, path: str, request: Request) -> Response:
    """One file of the client."""
    script = scripts().get(path)
    if script is None or wanted not in (LATEST, version()):
        raise ApiError(DoorCode.NOT_FOUND, "There is no such script")
    headers = _FOR_ALL | {"Cache-Control": _SHORT if wanted == LATEST else _FOR_EVER}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(script.packed, media_type=script.kind, headers=headers | {"Content-Encoding": "gzip"})
    return Response(script.plain, media_type=script.kind, headers=headers)
