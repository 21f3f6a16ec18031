"""The games that an operator may hold tournaments of."""

from fastapi import APIRouter, Request

from api.access.dependencies import TournamentsRead
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import Query

router = APIRouter(route_class=OnceRoute, prefix="/api/games", tags=["Games"])


@router.get("")
async def list_games(request: Request, caller: TournamentsRead) -> Json:
    """Your games by slug, each with the URL that players are sent to (`{jwt}` becomes their token)."""
    with Query(request):
        pass
    games = sorted(caller.operator.games.items())
    return Json({"games": [{"slug": slug, "url": url} for slug, url in games]})
