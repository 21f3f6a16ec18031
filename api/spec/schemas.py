"""The schemas of the OpenAPI document: from the models that read bodies and the structs that are sent."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from api.http.body import Model
from api.http.openapi import REF, request_name
from api.http.query import QueryModel, Reads
from server.encoding.answer import OpenAnswer

_REFERENCE = re.compile(REF + r"(\w+)")
_MEANINGS = {
    "limit": "How many at most",
    "offset": "How many to leave out first",
    "cursor": "The last `nextCursor`",
}
_SPELLINGS = "snake_case names are read, too."


def request_schemas(names: Iterable[str]) -> dict[str, Any]:
    """Schemas of these bodies and of what they are made of. Callers may spell names in more ways than one;
    documents show one, which clients should use."""
    models = {request_name(model): model for model in _all_models(Model) if not issubclass(model, QueryModel)}
    wanted = [(model, "validation") for model in models.values()]
    _, whole = models_json_schema(wanted, by_alias=True, ref_template=REF + "{model}")  # type: ignore[arg-type]
    published = {model.__name__: name for name, model in models.items()}
    found, waiting = dict[str, Any](), list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            schema = as_published(whole["$defs"][models[name].__name__], published.__getitem__)
            found[name] = _told(schema, models[name])
            waiting += _REFERENCE.findall(str(schema))
    return dict(sorted(found.items()))


def query_parameters(route: APIRoute) -> list[dict[str, Any]]:
    """The query parameters of a route, from the models that read them."""
    models = [one.call.model for one in route.dependant.dependencies if isinstance(one.call, Reads)]
    return [
        _parameter(name, schema)
        for model in models
        for name, schema in model.model_json_schema(by_alias=True).get("properties", {}).items()
    ]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    published = as_published(schema)
    if published.get("default") in (None, []):
        published.pop("default", None)
    parameter = {"name": name, "in": "query", "required": False, "schema": published}
    return parameter | {"description": _MEANINGS[name]} if name in _MEANINGS else parameter


def _all_models(base: type[Model]) -> list[type[Model]]:
    return [one for kind in base.__subclasses__() for one in (kind, *_all_models(kind))]


def _told(schema: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """What else a field may be called."""
    names = {
        info.alias: other for name, info in model.model_fields.items() if (other := model.ALIASES.get(name))
    }
    for alias, others in names.items():
        words = " or ".join(f"`{other}`" for other in others)
        schema["properties"][alias]["description"] = f"May be called {words}."
    schema["description"] = f"{' '.join(schema.get('description', '').split())} {_SPELLINGS}".strip()
    return schema


def answer_schemas(kinds: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A schema for each kind of answer, and the components that they refer to."""
    schemas, parts = msgspec.json.schema_components(list(kinds), ref_template=REF + "{name}")
    open_ones = {kind.__name__ for kind in OpenAnswer.__subclasses__()}
    named = {
        _answer_name(name): _answer(as_published(schema, _answer_name), name in open_ones)
        for name, schema in parts.items()
    }
    return [as_published(schema, _answer_name) for schema in schemas], named


def _answer_name(name: str) -> str:
    return name.removesuffix("Answer")


def _answer(schema: dict[str, Any], is_open: bool) -> dict[str, Any]:
    if is_open:
        more = schema["properties"].pop("more")
        schema["required"] = [name for name in schema["required"] if name != "more"]
        schema["additionalProperties"] = more.get("additionalProperties", True)
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    return schema


def as_published(value: Any, name_of: Callable[[str], str] = str) -> Any:
    """A schema under the names that are published. Decimals are sent as numbers; titles say nothing, and
    generators would name by them."""
    if isinstance(value, list):
        return [as_published(inner, name_of) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(ref := value.get("$ref"), str):
        return value | {"$ref": REF + name_of(ref.removeprefix(REF))}
    published = {
        key: as_published(inner, name_of)
        for key, inner in value.items()
        if key != "title" or not isinstance(inner, str)
    }
    if published.get("format") == "decimal":
        del published["format"]
        published["type"] = "number"
    return published
