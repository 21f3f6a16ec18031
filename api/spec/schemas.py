"""The schemas of the OpenAPI document: from the models that read bodies and the structs that are sent."""

import re
from collections.abc import Iterable
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
    known = {model.__name__: model for model in models.values()}
    found, waiting = dict[str, Any](), list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            schema = _renamed(whole["$defs"][models[name].__name__], known)
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
    told = {key: value for key, value in schema.items() if key != "title"}
    if told.get("default") in (None, []):
        told.pop("default", None)
    parameter = {"name": name, "in": "query", "required": False, "schema": told}
    return parameter | {"description": _MEANINGS[name]} if name in _MEANINGS else parameter


def _all_models(base: type[Model]) -> list[type[Model]]:
    return [one for kind in base.__subclasses__() for one in (kind, *_all_models(kind))]


def _renamed(value: Any, known: dict[str, type[Model]]) -> Any:
    """References by the names that are published; pydantic's titles say nothing."""
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            return {"$ref": REF + request_name(known[ref.removeprefix(REF)])}
        return {
            key: _renamed(inner, known)
            for key, inner in value.items()
            if key != "title" or not isinstance(inner, str)
        }
    return [_renamed(inner, known) for inner in value] if isinstance(value, list) else value


def _told(schema: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """What else a field may be called."""
    names = {
        info.alias: other for name, info in model.model_fields.items() if (other := model.ALIASES.get(name))
    }
    for alias, others in names.items():
        words = " or ".join(f"`{other}`" for other in others)
        found = schema["properties"][alias]
        told = f"{found.get('description', '')} May be called {words}.".strip()
        schema["properties"][alias] = found | {"description": told} if "$ref" not in found else {
            "allOf": [found], "description": told
        }  # fmt: skip
    schema["description"] = f"{' '.join(schema.get('description', '').split())} {_SPELLINGS}".strip()
    return schema


def answer_schemas(kinds: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A schema for each kind of answer, and the components that they refer to."""
    told, parts = msgspec.json.schema_components(list(kinds), ref_template=REF + "{name}")
    open_ones = {kind.__name__ for kind in OpenAnswer.__subclasses__()}
    named = {_answer_name(name): _answer(schema, name in open_ones) for name, schema in parts.items()}
    return [as_published(schema) for schema in told], named


def _answer_name(name: str) -> str:
    return name.removesuffix("Answer")


def _answer(schema: dict[str, Any], is_open: bool) -> dict[str, Any]:
    plain: dict[str, Any] = as_published(schema)
    if is_open:
        more = plain["properties"].pop("more")
        plain["required"] = [name for name in plain["required"] if name != "more"]
        plain["additionalProperties"] = more.get("additionalProperties", True)
    if "description" in plain:
        plain["description"] = " ".join(plain["description"].split())
    plain.pop("title", None)
    return plain


def as_published(value: Any) -> Any:
    """Decimals are sent as numbers; references by the names that are published."""
    if isinstance(value, dict):
        if value.get("format") == "decimal":
            return {key: inner for key, inner in value.items() if key != "format"} | {"type": "number"}
        if isinstance(ref := value.get("$ref"), str):
            return value | {"$ref": REF + _answer_name(ref.removeprefix(REF))}
        return {key: as_published(inner) for key, inner in value.items()}
    return [as_published(inner) for inner in value] if isinstance(value, list) else value
