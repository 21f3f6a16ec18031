"""Any exception as the response that is sent."""

from fastapi import Request
from fastapi.responses import Response

from api.http.errors import typed
from api.http.json_response import Json


async def answer_error(request: Request, error: Exception) -> Response:
    """Its typed answer; an unforeseen one is logged and told without its words."""
    api_error = typed(error)
    request.state.error = api_error.code
    body = api_error.body(request.state.request_id)
    return Json(body, status_code=api_error.status, headers=api_error.headers())
