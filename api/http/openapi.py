"""The OpenAPI parts that FastAPI cannot see, because bodies are read by `api.http.body`."""

from typing import Any

from api.http.body import Model


def body_of(model: type[Model]) -> dict[str, Any]:
    """`openapi_extra` that documents a JSON body. snake_case spellings are accepted, too."""
    schema = model.model_json_schema(by_alias=True, ref_template="{model}")
    return {"requestBody": {"content": {"application/json": {"schema": _inlined(schema)}}}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without `$defs`: small enough to be written out."""
    parts = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            name = node.get("$ref")
            return walk(parts[name]) if name in parts else {k: walk(v) for k, v in node.items()}
        return [walk(item) for item in node] if isinstance(node, list) else node

    inlined: dict[str, Any] = walk(schema)
    return inlined
