"""The pages for people: the demo or a lobby, one tournament, the game, the proof of its chance.

No page has a script or style of its own: they come from `/sdk`, so that the strictest policies hold.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access.dependencies import Ctx
from api.context.context import Context
from api.http.errors import ApiError, DoorCode
from api.pages.sdk import version
from api.tournaments.play_page import PLAYABLE

router = APIRouter(include_in_schema=False)
_NO_ONE, _SELF = "'none'", "'self'"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; worker-src 'self';"
    " base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types pitboss"
)


@router.get("/")
async def home(ctx: Ctx) -> HTMLResponse:
    """The demo, or the lobby of the operator that this installation shows."""
    if ctx.public_operator is None:
        return _page("plain.html", _NO_ONE)
    return _page("demo.html" if ctx.is_demo else "lobby.html", _NO_ONE)


@router.get("/o/{operator_id}")
async def lobby_of(operator_id: str) -> HTMLResponse:
    """The public tournaments of one operator."""
    return _page("lobby.html", _NO_ONE)


@router.get("/t/{tournament_id}")
async def one_tournament(tournament_id: str, ctx: Ctx) -> HTMLResponse:
    """The board of one tournament."""
    return _page("tournament.html", _framed_by(await _origins(ctx, tournament_id)))


@router.get("/play/{slug}/{tournament_id}")
async def play(slug: str, tournament_id: str, ctx: Ctx) -> HTMLResponse:
    """The game. Which pages may frame it goes by the tournament's operator."""
    if slug not in PLAYABLE:
        raise ApiError(DoorCode.NOT_FOUND, f"There is no page for the game {slug}")
    origins = await _origins(ctx, tournament_id)
    return _page("play.html", _framed_by(origins), origins=" ".join(origins))


@router.get("/fair/{tournament_id}")
async def fair(tournament_id: str) -> HTMLResponse:
    """Every flight, checked in the visitor's own browser."""
    return _page("fair.html", _NO_ONE)


@router.get("/demo/casino")
async def demo_casino(ctx: Ctx, request: Request) -> HTMLResponse:
    """A pretend casino that frames the game: open it under another host name than the game's."""
    if not ctx.is_demo:
        raise ApiError(DoorCode.NOT_FOUND, "There is no demo here")
    port = request.url.port
    both = " ".join(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))
    return _page("casino.html", _NO_ONE, frames=both)


@router.get("/docs/sockets")
async def sockets_page() -> HTMLResponse:
    """The messages of the sockets, for people."""
    return HTMLResponse(_text("sockets.html"))


async def _origins(ctx: Context, tournament_id: str) -> Iterable[str]:
    operator_id = await ctx.operator_of.find(tournament_id)
    operator = None if operator_id is None else await ctx.operator_look.find(operator_id)
    return () if operator is None else operator.origins


def _framed_by(origins: Iterable[str]) -> str:
    return " ".join([_SELF, *origins])


def _page(name: str, ancestors: str, *, origins: str = "", frames: str = _NO_ONE) -> HTMLResponse:
    """A page that `ancestors` may frame, and that may itself frame pages of `frames`."""
    text = _text(name).replace("{sdk}", f"/sdk/{version()}").replace("{origins}", origins)
    policy = f"{_POLICY}; connect-src 'self'; frame-src {frames}; frame-ancestors {ancestors}"
    return HTMLResponse(text, headers={"Cache-Control": "no-cache", "Content-Security-Policy": policy})


@cache
def _text(name: str) -> str:
    return (files("api") / "web" / name).read_text()
