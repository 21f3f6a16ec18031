"""The OpenAPI parts that FastAPI cannot see, because bodies are read by `api.http.body`."""

from typing import Any

from pydantic import WithJsonSchema

from api.http.body import Model

REF = "#/components/schemas/"
# What a route answers beside JSON, in its `openapi_extra`; the document lists it as media types of the answer.
OTHER_MEDIA = "x-other-media"


def request_name(model: type[Model]) -> str:
    """What a body is called in the document: `CreateBody` is `CreateRequest`."""
    return f"{model.__name__.removesuffix('Body')}Request"


def body_of(model: type[Model]) -> dict[str, Any]:
    """`openapi_extra` that says which body a route reads. The document has its schema."""
    return {"requestBody": {"content": {"application/json": {"schema": {"$ref": REF + request_name(model)}}}}}


def list_of(model: type[Model], **bounds: int) -> WithJsonSchema:
    """For a list whose lines are read one by one, each with its own faults: what a line looks like."""
    return WithJsonSchema({"type": "array", "items": {"$ref": REF + model.__name__}, **bounds})
