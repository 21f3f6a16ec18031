"""TypeScript of what the player socket sends, from the published schemas: `python -m api.spec.typescript`."""

import re
import sys
from pathlib import Path
from typing import Any, Final, get_args

from api.spec.sockets import asyncapi
from server.broadcast.frames import ServerFrame

TARGET: Final = Path(__file__).parents[1] / "clients" / "javascript" / "frames.d.ts"
_PLAIN: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
_HEAD: Final = (
    "// Made by `python -m api.spec.typescript` from the schemas of the player socket. Do not edit.\n"
)


def declarations() -> str:
    """One interface a schema that frames use, and `Frames`: each frame by its `type`."""
    document = asyncapi()
    schemas, messages = document["components"]["schemas"], document["components"]["messages"]
    names = [struct.__name__ for struct in get_args(ServerFrame)]
    used = _used(names, schemas)
    parts = [_declared(name, schemas[name]) for name in sorted(used)]
    rows = "".join(f'  "{messages[name]["name"]}": {name};\n' for name in names)
    return "\n".join([_HEAD, *parts, f"export interface Frames {{\n{rows}}}\n"])


def _used(names: list[str], schemas: dict[str, Any]) -> set[str]:
    """The given schemas, and all that they refer to."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"'#/components/schemas/(\w+)'", str(schemas[name]))
    return found


def _declared(name: str, schema: dict[str, Any]) -> str:
    told = f"/** {schema['description']} */\n" if "description" in schema else ""
    if "properties" not in schema:
        return f"{told}export type {name} = {_type(schema)};\n"
    needed = set(schema.get("required", ()))
    lines = [_field(field, one, field in needed) for field, one in schema["properties"].items()]
    return f"{told}export interface {name} {{\n{''.join(lines)}}}\n"


def _field(name: str, schema: dict[str, Any], is_needed: bool) -> str:
    told = f"  /** {schema['description']} */\n" if "description" in schema else ""
    return f"{told}  {name}{'' if is_needed else '?'}: {_type(schema)};\n"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f'"{one}"' if isinstance(one, str) else str(one).lower() for one in values)
    for group in ("anyOf", "oneOf"):
        if group in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[group]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_PLAIN.get(one, "unknown") for one in kind)
    if kind == "array":
        return f"({_type(schema.get('items', {}))})[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, dict) else 'any'}>"
    return _PLAIN.get(str(kind), "any")


def main() -> int:
    """Write the file anew."""
    TARGET.write_text(declarations())
    return 0


if __name__ == "__main__":
    sys.exit(main())
