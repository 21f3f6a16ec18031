"""Routes of the app that are called without FastAPI: the same functions with the same dependencies.

FastAPI finds a route through nested routers, resolves its dependencies anew for each request and wraps the
call in three exit stacks: three quarters of what one fact costs. Here that is done once, at the start.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute, iter_route_contexts

from api.access.idempotency import answer_once, needs_of

# Ids as we make them, and names that need no decoding: any other spelling goes the long way.
_NAME = rb"([A-Za-z0-9_-]{1,64})"
_PARAMETER = re.compile(r"\{(\w+)\}")


class Given(NamedTuple):
    """An argument of a route's function: its name, what gives it, and what that takes."""

    name: str
    call: Callable[..., Awaitable[Any]]
    takes_request: str | None
    takes_parameters: tuple[str, ...]


class HotRoute:
    """One route under one path."""

    def __init__(self, route: APIRoute, path: str) -> None:
        self.route, self.path = route, path
        (self.method,) = tuple(route.methods or ())
        self.names = tuple(_PARAMETER.findall(path))
        self.pattern = re.compile(_PARAMETER.sub("@", path).encode().replace(b"@", _NAME) + rb"\Z")
        self._needs = needs_of(route)
        self._given = [_given(one) for one in route.dependant.dependencies]
        self._function = _given(route.dependant)

    async def answer(self, request: Request) -> Response:
        """As the app answers it. Raises what the app makes errors of."""
        return await answer_once(request, self._needs, self._call)

    async def _call(self, request: Request) -> Response:
        parameters = request.scope["path_params"]
        arguments = {one.name: await one.call(**_taken(one, request, parameters)) for one in self._given}
        found: Response = await self._function.call(**_taken(self._function, request, parameters), **arguments)
        return found


def _given(dependant: Dependant) -> Given:
    """Refuses what it cannot call as FastAPI would: a mistake of ours, seen at the start."""
    read = (dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params)
    made = (
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.http_connection_param_name,
        dependant.websocket_param_name,
        dependant.security_scopes_param_name,
    )
    nested = dependant.name is not None and dependant.dependencies
    if any(read) or any(made) or nested or dependant.call is None:
        raise TypeError(f"{dependant.call} takes what a hot route does not give")
    parameters = tuple(one.name for one in dependant.path_params)
    return Given(dependant.name or "", dependant.call, dependant.request_param_name, parameters)


def _taken(one: Given, request: Request, parameters: dict[str, str]) -> dict[str, Any]:
    taken: dict[str, Any] = {name: parameters[name] for name in one.takes_parameters}
    if one.takes_request is not None:
        taken[one.takes_request] = request
    return taken


def hot_routes(app: FastAPI, names: frozenset[str]) -> list[HotRoute]:
    """The routes of these functions, under each path at which the app serves them."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.name in names:
            found.append(HotRoute(route, str(context.path)))
    missing = names - {one.route.name for one in found}
    if missing:
        raise LookupError(f"no such routes: {', '.join(sorted(missing))}")
    return found
