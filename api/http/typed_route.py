"""Routes whose annotation says what they answer."""

from collections.abc import Callable
from typing import Any, get_args, get_origin, get_type_hints

from fastapi.routing import APIRoute

from api.http.json_response import Encoded, Json, Streamed

_TYPED = (Json, Encoded, Streamed)


class TypedRoute(APIRoute):
    """A route that is annotated `-> Json[Something]`. FastAPI would take that for a model to serialise by; the
    answer is encoded already, and the document takes the type from `answer_of`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options | {"response_model": None})


def answer_of(endpoint: Callable[..., Any]) -> Any:
    """What an endpoint answers on success; None when its annotation does not say."""
    annotation = get_type_hints(endpoint).get("return")
    return get_args(annotation)[0] if get_origin(annotation) in _TYPED else None
