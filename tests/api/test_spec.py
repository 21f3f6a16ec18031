"""The OpenAPI document: recorded examples that still happen, every operation and error told, and a fuzzer
that walks the whole API by it."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.spec import document, examples
from tests.api.scenario import EXAMPLES, as_text, record
from tests.support.app import House
from tests.support.served import a_served_house

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def test_every_example_is_what_happens() -> None:
    """Byte for byte. After a change that is meant: `python -m tests.api.scenario`."""
    assert as_text(await record()) == EXAMPLES.read_text()


def test_every_operation_has_an_example_of_success_and_every_error(house: House) -> None:
    told = document(house.app)
    assert told["openapi"].startswith("3.1")
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            good = [answer for status, answer in answers.items() if status < "300"]
            assert good and "422" not in answers, (method, path)
            for answer in answers.values():
                assert answer["content"]["application/json"]["examples"], (method, path)
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            assert content is None or content["examples"], (method, path)
    known = {f"{method.upper()} {path}" for path, of in told["paths"].items() for method in of}
    assert set(examples()) == known


def test_every_body_that_was_taken_has_its_schema(house: House) -> None:
    """Clients that write bodies by the document are understood."""
    told, checked = document(house.app), 0
    for name, recorded in examples().items():
        method, _, path = name.partition(" ")
        body = told["paths"][path][method.lower()].get("requestBody")
        if body is None:
            continue
        schema = body["content"]["application/json"]["schema"] | {"components": told["components"]}
        check = jsonschema_rs.validator_for(schema)
        for one in recorded:
            if one["status"] < 300 and one["body"] is not None:
                checked += 1
                errors = [
                    (list(error.instance_path), error.message) for error in check.iter_errors(one["body"])
                ]
                assert not errors, (name, one["name"], errors)
    assert checked > 30


def test_generators_get_names_that_they_can_use(house: House) -> None:
    told = document(house.app)
    ids = [one["operationId"] for of in told["paths"].values() for one in of.values()]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", one) for one in ids), ids
    schemas = told["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in schemas), sorted(schemas)
    assert {"Tournament", "Player", "Payout", "Leaderboard", "Status", "PayoutState"} <= set(schemas)
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(told)))
    assert used == set(schemas), used ^ set(schemas)


def test_every_example_has_its_schema(house: House) -> None:
    told = document(house.app)
    for path, operations in told["paths"].items():
        for operation in operations.values():
            for answer in operation["responses"].values():
                content = answer["content"]["application/json"]
                schema = content["schema"] | {"components": told["components"]}
                check = jsonschema_rs.validator_for(schema)
                for name, example in content["examples"].items():
                    errors = [error.message for error in check.iter_errors(example["value"])]
                    assert not errors, (path, name, errors)


@contextmanager
def running() -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """A house on a real socket in a thread of its own: its URL and the headers of its two keys."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    found: dict[str, Any] = {}

    async def serve() -> None:
        async with a_served_house() as served:
            for key in [row[0] for row in await served.house.store.keys(_tenant(served.house))]:
                await served.house.store.add_key(replace(key, rate_factor=10_000))
            found.update(url=f"http://127.0.0.1:{served.port}", house=served.house, stop=asyncio.Event())
            ready.set()
            await found["stop"].wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield found["url"], found["house"].auth, found["house"].platform
    finally:
        loop.call_soon_threadsafe(found["stop"].set)
        thread.join(60)
        loop.close()


def _tenant(house: House) -> Any:
    return next(iter(house.store._keys.values())).tenant


WALKS_MAX, STEPS_MIN = 20, 300


@pytest.mark.timeout(600)
def test_a_walk_through_the_whole_api_never_breaks_its_document() -> None:
    with running() as (url, auth, platform):
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")

        class Walk(schema.as_state_machine()):  # type: ignore[misc]
            """Follows the links from what was made to what may be done with it."""

            steps = 0

            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"headers": platform if "/internal/" in case.path else auth}

            def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
                case.validate_response(response, checks=CHECKS)
                Walk.steps += 1

        limits = settings(
            max_examples=40,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        # The server remembers what earlier walks did, so a step drawn again may be answered otherwise;
        # Hypothesis then gives up the walk, not a check. Others follow until enough was seen.
        for number in range(WALKS_MAX):
            if Walk.steps < STEPS_MIN:
                with suppress(FlakyStrategyDefinition):
                    run_state_machine_as_test(seed(number)(Walk), settings=limits)
        assert Walk.steps >= STEPS_MIN


def test_a_record_has_all_its_media_types(house: House) -> None:
    record = document(house.app)["paths"]["/api/tournaments/{tournament_id}/record"]["get"]
    assert set(record["responses"]["200"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "text/csv",
    }
    assert not [name for name in record if name.startswith("x-")]
