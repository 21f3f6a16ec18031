"""The games that an operator may hold tournaments of."""

from fastapi import APIRouter

from api.access.dependencies import TournamentsRead
from api.access.idempotency import OnceRoute
from api.http.json_response import Json
from api.http.query import NoParams
from api.rest.games.responses import GameAnswer, GameList

router = APIRouter(route_class=OnceRoute, prefix="/api/games", tags=["Games"])


@router.get("")
async def list_games(caller: TournamentsRead, _: NoParams) -> Json[GameList]:
    """Your games by slug, each with the URL that players are sent to (`{jwt}` becomes their token)."""
    games = sorted(caller.operator.games.items())
    return Json(GameList(games=[GameAnswer(slug=slug, url=url) for slug, url in games]))
