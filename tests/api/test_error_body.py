"""Errors say what the document says that they say."""

from typing import Any, get_type_hints

import msgspec
import pytest

from actors.replies import Refused
from api.http.error_body import Error
from api.http.errors import STATUS
from api.spec import examples
from api.tournaments.owner_client import error_of
from server.domain.refusal import Code, Detail


class StrictError(Error, forbid_unknown_fields=True):
    """An error without a field that is not described."""


ERRORS = [
    pytest.param(one["response"], id=f"{route} {one['name']}")
    for route, found in examples().items()
    for one in found
    if one["status"] >= 400
]


@pytest.mark.parametrize("body", ERRORS)
def test_every_recorded_error_has_only_fields_that_are_described(body: dict[str, Any]) -> None:
    error = msgspec.convert(body, StrictError, strict=False)
    assert error.error in STATUS and error.message and error.request_id


@pytest.mark.parametrize("name", get_type_hints(Detail).keys() - {"fields"})
def test_every_field_of_a_refusal_has_its_field_of_an_error(name: str) -> None:
    value: Any = 5 if name.endswith(("_minor", "_ms")) else "x"
    detail: Any = {name: value}
    more = error_of(Refused(Code.INVALID_STATUS, "No", detail), None).more
    assert len(more) == 1 and not any(key.endswith(("Minor", "Ms")) for key in more)
