"""What anybody may see: the page, and the public tournaments that it shows."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api import amounts, views
from api.answers import Json
from api.auth import Home
from server.wire import instant, instant_or_none

router = APIRouter(tags=["Public"])
_SHOWN_MAX = 20


@router.get("/", include_in_schema=False)
async def page() -> HTMLResponse:
    """The live board in a browser."""
    html = (files("api") / "web" / "board.html").read_text()
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


@router.get("/api/public/tournaments")
async def list_public(home: Home) -> Json:
    """Public tournaments, those that are running or coming first."""
    found = await home.listings.public(_SHOWN_MAX)
    lines = [
        {
            "tournamentId": summary.id,
            "name": summary.rules.name,
            "status": summary.status.value,
            "startTime": views.start_time(summary),
            "endsAt": views.end_time(summary),
            "completedAt": instant_or_none(summary.completed_at_ms),
            "players": summary.players,
            "prizePool": amounts.money(summary, summary.pool_minor),
            "currency": summary.rules.currency,
            "gameSlug": summary.rules.game_slug,
        }
        for summary in found
    ]
    return Json({"tournaments": lines, "serverTime": instant(home.clock.now_ms())})
