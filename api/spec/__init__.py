"""The OpenAPI document: what FastAPI knows of the routes, and the types of their bodies and answers.

`examples.json` is recorded from a scenario in the tests, which check that it still is what happens.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.alias_generators import to_camel

from api.http.error_body import Error
from api.http.errors import STATUS
from api.http.openapi import OTHER_MEDIA, REF
from api.http.typed_route import TypedRoute, answer_of
from api.spec.schemas import answer_schemas, query_parameters, request_schemas
from api.spec.webhooks import webhooks
from server.public_events.envelope import Event

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The whole key, or a player's token"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "internalKey": {"type": "apiKey", "in": "header", "name": "X-Internal-Api-Key"},
}
_DESCRIPTION = """Tournaments over REST. Amounts are JSON numbers with the exact places of their currency,
instants RFC 3339 in UTC. Every write takes an `Idempotency-Key`. Bodies may be written in camelCase, as here,
or in snake_case; unknown fields are refused."""
_TAGS = [
    {"name": "Tournaments", "description": "Create, change, start, finish, cancel, read"},
    {"name": "Players", "description": "Sell entries, rebuys and add-ons; tokens; histories"},
    {"name": "Results", "description": "Boards, results, prize pools, events"},
    {"name": "Corrections", "description": "Void, adjust, reset, disqualify; why a score is what it is"},
    {"name": "Reviews", "description": "What was asked for after results were final"},
    {"name": "Payouts", "description": "What is owed, and what became of it"},
    {"name": "Rules", "description": "The rules as players read them"},
    {"name": "Scoring", "description": "Try a scoring before a tournament is played under it"},
    {"name": "Templates", "description": "Tournaments made again and again"},
    {"name": "Games", "description": "The games that you may hold tournaments of"},
    {"name": "Keys", "description": "Your own API keys"},
    {"name": "Events", "description": "The feed of all events"},
    {"name": "Webhooks", "description": "Where events are sent, and what came back"},
    {"name": "Audit", "description": "Records of tournaments, and who changed settings"},
    {"name": "Public", "description": "What needs no key"},
    {"name": "Game platforms", "description": "What the machines of a game call"},
    {"name": "Operations", "description": "Is it alive, can it work"},
]
_OPEN = ("/healthz", "/readyz", "/.well-known/jwks.json", "/api/public/tournaments")
_WRITES = {"post", "put", "delete"}
_TEXTS = {
    400: "The request is invalid; `details` names every fault",
    401: "No key, or one that opens nothing",
    403: "The key may not do this",
    404: "Not there, or not yours",
    409: "Refused by a rule; `error` says which",
    413: "The body is over 1 MiB",
    429: "Too many requests; retry after `Retry-After` seconds",
    500: "Our mistake",
    503: "Cannot be reached right now; retry",
}
# Where the answer to a create leads: the operations that take the id it made.
_LINKS = {
    ("post", "/api/tournaments"): ("tournament_id", "tournamentId"),
    ("post", "/api/internal/tournaments"): ("tournament_id", "tournamentId"),
    ("post", "/api/tournament-templates"): ("template_id", "templateId"),
    ("post", "/api/keys"): ("key_id", "keyId"),
}


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    """Recorded requests and answers, by method and route."""
    found: dict[str, list[dict[str, Any]]] = json.loads((files("api.spec") / "examples.json").read_text())
    return found


def document(app: FastAPI) -> dict[str, Any]:
    """The whole OpenAPI 3.1 document."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=_TAGS,
        description=_DESCRIPTION,
    )  # fmt: skip
    routes = _routes(app)
    kinds = {
        (method, path): answer_of(routes[method, path].endpoint)
        for path, of in document["paths"].items()
        for method in of
    }
    schemas, parts = answer_schemas([*dict.fromkeys(kinds.values()), Event])
    by_kind = dict(zip(dict.fromkeys(kinds.values()), schemas, strict=False))
    bodies = [
        body for path in document["paths"].values() for one in path.values() if (body := _body_name(one))
    ]
    document["webhooks"], events = webhooks()
    document["components"] = {
        "securitySchemes": _SECURITY,
        "schemas": {"Error": _error_schema()} | request_schemas(dict.fromkeys(bodies)) | parts | events,
    }
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            _complete(method, path, operation, by_kind[kinds[method, path]])
            operation.setdefault("parameters", []).extend(query_parameters(routes[method, path]))
    _link(document["paths"])
    return document


def operation_id(route: APIRoute) -> str:
    """`createTournament`, from the name of its function."""
    return to_camel(route.name)


def _routes(app: FastAPI) -> dict[tuple[str, str], TypedRoute]:
    return {
        (method.lower(), str(context.path)): context.original_route
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, TypedRoute)
        for method in context.original_route.methods or ()
    }


def _body_name(operation: dict[str, Any]) -> str | None:
    """What the body of an operation is called."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else str(content["schema"]["$ref"]).removeprefix(REF)


def _error_schema() -> dict[str, Any]:
    schema: dict[str, Any] = answer_schemas([Error])[1]["Error"]
    schema["required"] = ["error", "message", "requestId"]
    for name in schema["required"]:
        del schema["properties"][name]["default"]
    schema["properties"]["error"]["enum"] = sorted(map(str, STATUS))
    return schema


def _complete(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any]) -> None:
    """Security, the headers of writes, examples, and every status that may come back."""
    found = examples().get(f"{method.upper()} {path}", [])
    operation["security"] = [] if path in _OPEN else [{name: []} for name in _SECURITY]
    if method in _WRITES:
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "description": "Makes the request safe to repeat: the first answer comes again",
            }
        )
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    given = {one["name"]: {"value": one["body"]} for one in found if one["body"] is not None}
    if content is not None and given:
        content["examples"] = given
    answers = _answers(found, schema)
    for media in operation.pop(OTHER_MEDIA, ()):
        answers["200"]["content"][media] = {"schema": {"type": "string"}}
    operation["responses"] = answers | _errors(method, path, found)


def _answers(found: list[dict[str, Any]], schema: dict[str, Any]) -> dict[str, Any]:
    """Success by status, with its type and recorded examples."""
    good = [one for one in found if one["status"] < 300]
    return {
        str(status): {
            "description": "Done" if status != 207 else "Done in part: every line has its own outcome",
            "content": {
                "application/json": {
                    "schema": schema,
                    "examples": {
                        one["name"]: {"value": one["response"]} for one in good if one["status"] == status
                    },
                }
            },
        }
        for status in sorted({one["status"] for one in good})
    }


def _errors(method: str, path: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """The errors of an operation, with recorded examples or one of the catalogue."""
    possible = {500, 503} if path in _OPEN else {400, 401, 403, 404, 409, 429, 500, 503}
    possible |= {413} if method in _WRITES else set()
    return {str(status): _error(status, found) for status in sorted(possible)}


def _error(status: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    recorded = {one["name"]: {"value": one["response"]} for one in found if one["status"] == status}
    codes = sorted(str(code) for code, of in STATUS.items() if of == status)
    plain = {
        code: {"value": {"error": code, "message": _TEXTS[status], "requestId": "req-1"}} for code in codes
    }
    schema = {"$ref": REF + "Error"}
    return {
        "description": _TEXTS[status],
        "content": {"application/json": {"schema": schema, "examples": plain | recorded}},
    }


def _link(paths: dict[str, Any]) -> None:
    """OpenAPI links, so that tools can walk from what was made to all that may be done with it."""
    for (method, path), (parameter, field) in _LINKS.items():
        links = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {parameter: f"$response.body#/{field}"},
            }
            for other, operations in paths.items()
            if f"{{{parameter}}}" in other
            for operation in operations.values()
        }
        for status, answer in paths[path][method]["responses"].items():
            if status == "201":
                answer["links"] = links
