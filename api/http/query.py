"""Query parameters: both spellings, strict values, all faults told at once. One model says what a route takes:
it reads the request, and the document is made from it."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from api.http.body import Model, adapter_of, hint_at, spellings
from api.http.errors import invalid
from api.http.query_values import Whole
from config.door_limits import HINTS_MAX, OFFSET_MAX, SHOWN_CHARS
from config.limits import CURSOR_MAX, LIST_PAGE_DEFAULT, LIST_PAGE_MAX

Q = TypeVar("Q", bound="QueryModel")


class QueryModel(Model):
    """The query parameters of a route; each has a default, and metadata of `query_values` that reads it."""

    def contradictions(self) -> dict[str, str]:
        """Faults that lie between parameters."""
        return {}


class NoQuery(QueryModel):
    """A route without parameters."""


class ListQuery(QueryModel):
    """A page of a list."""

    limit: Annotated[int, Whole(1, LIST_PAGE_MAX)] = LIST_PAGE_DEFAULT
    offset: Annotated[int, Whole(0, OFFSET_MAX)] = 0


class CursorQuery(QueryModel):
    """A list that is continued: `cursor` is the last `nextCursor`."""

    cursor: Annotated[int, Whole(0, CURSOR_MAX)] = 0
    limit: Annotated[int, Whole(1, LIST_PAGE_MAX)] = LIST_PAGE_DEFAULT


class Reads:
    """A dependency that reads the parameters of a request; the document tells its model's."""

    def __init__(self, model: type[QueryModel]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> QueryModel:
        return read_query(request, self.model)


ListParams = Annotated[ListQuery, Depends(Reads(ListQuery))]
CursorParams = Annotated[CursorQuery, Depends(Reads(CursorQuery))]
NoParams = Annotated[NoQuery, Depends(Reads(NoQuery))]


def read_query(request: Request, model: type[Q]) -> Q:
    """The parameters of a request. What would be ignored is refused, naming the nearest known one."""
    given, faults = _given(request, model)
    values: dict[str, Any] = {}
    for name, text in given.items():
        try:
            values[name] = adapter_of(model, name).validate_python(text)
        except ValidationError as error:
            faults[to_camel(name)] = error.errors()[0]["msg"].removeprefix("Value error, ")
    found = model.model_construct(**values)
    if faults := faults | found.contradictions():
        raise invalid(faults)
    return found


def _given(request: Request, model: type[QueryModel]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by field, and the faults of names."""
    names = spellings(model)
    known = [to_camel(name) for name in model.model_fields]
    given: dict[str, str] = {}
    faults: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        name, shown = names.get(key), key[:SHOWN_CHARS]
        if name is None:
            hint = hint_at(to_camel(shown), known) if len(faults) < HINTS_MAX and shown not in faults else ""
            faults.setdefault(shown, f"Unknown query parameter{hint}")
        elif given.setdefault(name, value) != value:
            faults[key] = "Is given twice with different values"
    return given, faults
