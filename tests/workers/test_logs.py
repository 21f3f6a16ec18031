"""Log lines: one JSON object an event, alike in all processes, and never a secret."""

import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from config import log_lines, logs
from config.line_writer import LineWriter
from tests.support.written import written_by

TOKEN = "sk_live_" + "a" * 30


@pytest.fixture(params=[logs.configure, log_lines.configure], ids=["doors", "owners"])
def lines(request: pytest.FixtureRequest) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads what was written since the process was configured."""
    with written_by(request.param) as out:
        yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]


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


@pytest.mark.unforeseen
def test_our_own_lines_look_the_same_and_come_in_blocks() -> None:
    with written_by(logs.configure) as out:
        log = structlog.get_logger("api")
        log.debug("not written")
        log.info("request", path=f"/{TOKEN}", big=2**70, half="\ud800", ms=1.5, kind=object)
        assert not out.getvalue(), "a line alone waits a moment for others"
        try:
            raise RuntimeError(TOKEN)
        except RuntimeError:
            log.exception("went_wrong")
        written = out.getvalue()  # what is bad is written at once, behind what was before it
    first, second = (json.loads(line) for line in written.splitlines())
    assert TOKEN not in written and first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "request", "path": "/sk_live_[redacted]", "big": 2**70, "half": "\ud800", "ms": 1.5,
        "kind": repr(object), "process": "some", "level": "info", "logger": "api",
    }  # fmt: skip
    assert second["level"] == "error" and "RuntimeError" in second["exception"]


def test_lines_of_many_threads_are_all_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    writer = LineWriter()

    def write(n: int) -> None:
        for i in range(1_000):
            writer.write(f"{n}-{i}\n")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.flush_now()
    lines = out.getvalue().splitlines()
    assert sorted(lines) == sorted(f"{n}-{i}" for n in range(4) for i in range(1_000))
    for n in range(4):
        own = [line for line in lines if line.startswith(f"{n}-")]
        assert own == [f"{n}-{i}" for i in range(1_000)], "in the order of their thread"


def test_a_line_alone_is_written_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    LineWriter().write("alone\n")
    deadline = time.monotonic() + 20
    while not out.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert out.getvalue() == "alone\n"


def test_a_full_disk_costs_lines_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stderr", full)
        writer = LineWriter()
        for n in range(1_000):
            writer.write(f"{n}\n" * 100)
        writer.flush_now()
        writer._out = out = io.StringIO()
        writer.write("later\n")
        deadline = time.monotonic() + 20
        while not out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert out.getvalue() == "later\n", "its thread lives"


def test_a_path_made_of_beginnings_of_tokens_is_looked_at_once() -> None:
    token = f"eyJ{'a' * 20}.{'b' * 9}.{'c' * 9}"
    for before in ("", "/", "x=", "n"):
        assert log_lines.redact(f"{before}{token} {token}") == f"{before}[redacted] [redacted]"
    assert log_lines.redact("a.b eyJ eyJshort.b.c") == "a.b eyJ eyJshort.b.c"
    for host in ("short.", "a-name-of-many-letters.", "a-name-of-many-letters.eyJ..", "a.b.c.d."):
        assert log_lines.redact(f"{host}{token}.more") == f"{host}[redacted].more"
    began = time.process_time()
    log_lines.redact("/" + "eyJ" * 100_000)
    assert time.process_time() - began < 5, "it took minutes"
