"""The routes of an app by their templates: what a request took, without anything that its caller chose."""

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

NONE = "none"
"""Of a request that no route took."""


class RouteTemplates:
    """There are as many templates as routes, whatever callers ask for. A route knows its path behind the
    prefix under which it was included; one may be included under several."""

    def __init__(self, app: FastAPI) -> None:
        self._prefixes: dict[str, list[str]] = defaultdict(list)
        for context in iter_route_contexts(app.routes):
            path: str | None = getattr(context.original_route, "path", None)
            if path is not None:
                self._prefixes[path].append(str(context.path).removesuffix(path))

    def of(self, scope: Scope) -> str:
        """The template of the route that a request took."""
        route: Any = scope.get("route")
        path: str = getattr(route, "path", "")
        fitting = [prefix for prefix in self._prefixes.get(path, ()) if scope["path"].startswith(prefix)]
        return max(fitting, key=len) + path if fitting else NONE
