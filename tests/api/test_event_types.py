"""Every event that is made is as it was published, and everything published can happen or is the house's."""

import ast
from pathlib import Path

import pytest

from api.spec import examples
from server.encoding.wire import dump
from server.public_events.catalogue import (
    CATALOGUE,
    fault,
    is_pattern,
    told,
)
from server.public_events.mapping import announce


def test_every_published_type_has_a_sentence_and_a_schema() -> None:
    for name in CATALOGUE:
        assert told(name).endswith("."), name
        assert is_pattern(name) and is_pattern(name.partition(".")[0] + ".*")


def test_everything_that_the_house_announces_is_published() -> None:
    source = Path(announce.__code__.co_filename).read_text()
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    said = {
        text for text in texts if isinstance(text, str) and text.partition(".")[0] in ("tournament", "player")
    }
    assert {text for text in said if "." in text} <= set(CATALOGUE)


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
