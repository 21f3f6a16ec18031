"""Every event that is made is as it was published, and everything published can happen or is the house's."""

import ast
from pathlib import Path

import jsonschema_rs
import pytest

from api.spec import document, examples
from server.encoding.wire import dump
from server.public_events.catalogue import (
    CATALOGUE,
    TYPE_OF,
    fault,
    is_pattern,
    sentence_of,
)
from server.public_events.mapping import announce
from tests.support.app import House


def test_every_published_type_has_a_sentence_and_a_schema() -> None:
    for name in CATALOGUE:
        assert sentence_of(name).endswith("."), name
        assert is_pattern(name) and is_pattern(name.partition(".")[0] + ".*")


def test_everything_published_is_built_somewhere() -> None:
    """By its struct where a tournament tells it, by its name where the system does."""
    source = ast.parse(Path(announce.__code__.co_filename).read_text())
    built = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)}
    ours = {name: kind.__name__ for name, kind in CATALOGUE.items() if not name.startswith("system.")}
    assert len(ours) > 20 and {kind for kind in ours.values() if kind not in built} == set()
    assert {kind: name for name, kind in CATALOGUE.items()} == TYPE_OF and len(TYPE_OF) == len(CATALOGUE)


def test_the_recorded_events_have_their_published_schemas(house: House) -> None:
    told = document(house.app)
    rows = [row for one in examples()["GET /api/events"] for row in one["response"]["events"]]
    for row in rows:
        content = told["webhooks"][row["eventType"]]["post"]["requestBody"]["content"]["application/json"]
        check = jsonschema_rs.validator_for(content["schema"] | {"components": told["components"]})
        assert [error.message for error in check.iter_errors(row)] == [], row


def test_the_recorded_events_are_as_published() -> None:
    rows = [row for one in examples()["GET /api/events"] for row in one["response"]["events"]]
    assert len(rows) > 15
    for row in rows:
        assert fault(row["eventType"], dump(row["data"])) is None, row


@pytest.mark.parametrize(
    ("event_type", "data"),
    [("player.registred", b"{}"), ("system.test", b"{}"), ("system.test", b'{"message":"x","more":1}')],
)
def test_what_was_not_published_is_a_fault(event_type: str, data: bytes) -> None:
    assert fault(event_type, data) is not None
