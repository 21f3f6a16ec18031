"""JSON schemas read off examples."""

import re
from collections.abc import Set
from typing import Any

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")
# Objects whose keys are data: game slugs, weights by game.
_BY_NAME = {"gameWeights", "details"}


def nulls_in(value: Any) -> set[str]:
    """The names of fields that are null somewhere: such a field may be null wherever it stands."""
    if isinstance(value, list):
        return {name for item in value for name in nulls_in(item)}
    if not isinstance(value, dict):
        return set()
    return {name for name, inner in value.items() if inner is None} | nulls_in(list(value.values()))


def shape_of(values: list[Any], nullable: Set[str], name: str = "") -> dict[str, Any]:
    """A schema that all the values have. What is not in every example is not required."""
    kinds = {_kind(value) for value in values} | ({"null"} if name in nullable else set())
    shape: dict[str, Any] = {}
    if kinds == {"null"}:
        return shape  # never seen with a value: it may be anything
    if len(kinds) == 1:
        shape["type"] = next(iter(kinds))
    elif kinds:
        shape["type"] = sorted(kinds)
    objects = [value for value in values if isinstance(value, dict)]
    if objects and name not in _BY_NAME:
        names = dict.fromkeys(key for value in objects for key in value)
        shape["properties"] = {
            key: shape_of([value[key] for value in objects if key in value], nullable, key) for key in names
        }
        shape["required"] = [key for key in names if all(key in value for value in objects)]
    items = [item for value in values if isinstance(value, list) for item in value]
    if items:
        shape["items"] = shape_of(items, nullable)
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(_INSTANT.match(text) for text in texts):
        shape["format"] = "date-time"
    return shape


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
