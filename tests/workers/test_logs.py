"""Log lines: one JSON object an event, alike in all processes, and never a secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from config import log_lines, logs

TOKEN = "sk_live_" + "a" * 30


@pytest.fixture(params=[logs.configure, log_lines.configure], ids=["doors", "owners"])
def lines(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads what was written since the process was configured."""
    out, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", out)
    request.param("INFO", "some")
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_fields_stand_beside_the_event(lines: Callable[[], list[dict[str, Any]]]) -> None:
    fields = {"tournament": "t-1", "silent_s": 1.5, "_ray_other": 1, "color_message": "x"}
    logging.getLogger("actors.owner").warning("owner_ended", extra=fields)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "owner_ended", "tournament": "t-1", "silent_s": 1.5,
        "process": "some", "level": "warning", "logger": "actors.owner",
    }  # fmt: skip


@pytest.mark.unforeseen
def test_a_trace_is_a_field_and_secrets_are_none(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log = logging.getLogger("workers")
    try:
        raise RuntimeError(f"called with {TOKEN}")
    except RuntimeError:
        log.exception("delivery_failed", extra={"endpoint": TOKEN})
    (line,) = lines()
    assert "RuntimeError" in line["exception"] and TOKEN not in json.dumps(line)
    assert line["endpoint"] == "sk_live_[redacted]"
