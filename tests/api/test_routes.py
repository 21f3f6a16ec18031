"""What holds for every route."""

from inspect import iscoroutinefunction
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.http.typed_route import TypedRoute, answer_of
from tests.support.app import House


@pytest.fixture
def routes(house: House) -> list[APIRoute]:
    found = [context.original_route for context in iter_route_contexts(house.app.routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def test_no_request_waits_for_a_thread(routes: list[APIRoute]) -> None:
    """FastAPI calls what is not `async` in a thread, also where it only looks something up."""
    called: list[Any] = []
    for route in routes:
        called += [route.endpoint, *(one.call for one in route.dependant.dependencies)]
    assert len(called) > 150
    assert [
        one for one in called if not iscoroutinefunction(one) and not iscoroutinefunction(one.__call__)
    ] == []


def test_every_documented_route_says_what_it_answers(routes: list[APIRoute]) -> None:
    told = [route for route in routes if route.include_in_schema]
    assert len(told) > 60
    assert [
        route.path for route in told if not isinstance(route, TypedRoute) or answer_of(route.endpoint) is None
    ] == []
