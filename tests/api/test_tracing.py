"""A request's trace: through the front end to the owner and its commit, and what the log says of it."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config import logs
from config.origin import NOWHERE, Origin, current, within
from server.runtime import tracing
from tests.api.test_fast_lane import a_house_at
from tests.support.app import a_house
from tests.support.written import written_by

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.configure("test", None, exporter=exporter)
    yield exporter
    tracing.off()


def _parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def _ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_a_request_its_owner_and_its_commit_are_one_trace(
    spans: InMemorySpanExporter, *, fast_lane: bool
) -> None:
    async with a_house_at(fast_lane=fast_lane) as house:
        tournament_id = await house.tournament()
        spans.clear()
        path = f"/api/tournaments/{tournament_id}/players"
        body = {"userId": "ann", "buyInAmount": 10}
        told = await house.client.post(path, json=body, headers=house.auth | {"traceparent": GIVEN})
        assert told.status_code == 201, told.text
    ours = [one for one in spans.get_finished_spans() if _ids(one)[0] == int(TRACE, 16)]
    by_name = {one.name: one for one in ours}
    request = by_name["POST /api/tournaments/{tournament_id}/players"]
    assert _parent(request) == int(SPAN, 16)
    assert request.attributes is not None and request.attributes["http.response.status_code"] == 201
    assert _parent(by_name["owner.ask"]) == _ids(request)[1]
    commit = by_name["commit"]
    assert _parent(commit) == _ids(by_name["owner.ask"])[1]
    assert commit.attributes == {"tournament": tournament_id}


async def test_what_serves_many_is_not_of_the_first_one(spans: InMemorySpanExporter) -> None:
    """Loops of an owner are started within the first request and go on without it."""
    async with a_house() as house:
        tournament_id = await house.tournament("ann", "ben", started=True)
        spans.clear()
        path = f"/api/internal/tournaments/{tournament_id}/events"
        for number, trace in enumerate(("a" * 32, "b" * 32)):
            events = [{"event_id": f"e{number}", "player": "ann", "points": 1}]
            headers = house.platform | {"traceparent": f"00-{trace}-{SPAN}-01"}
            assert (await house.client.post(path, json={"events": events}, headers=headers)).is_success
    commits = [f"{_ids(one)[0]:032x}" for one in spans.get_finished_spans() if one.name == "commit"]
    assert commits == ["a" * 32, "b" * 32]


async def test_what_fails_is_told_by_its_kind(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"), tracing.span("work"):
        raise ValueError("a secret")
    (one,) = spans.get_finished_spans()
    assert one.status.description == "ValueError" and not one.events


@pytest.mark.parametrize(
    "given", ["", "x", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", GIVEN + "x"]
)
def test_a_wrong_trace_context_is_no_context(spans: InMemorySpanExporter, given: str) -> None:
    assert tracing.admitted(given) is None


def test_how_many_are_recorded_is_ours_to_say() -> None:
    low = f"00-{'0' * 31}1-{SPAN}-01"
    try:
        tracing.configure("test", None, 0.001, InMemorySpanExporter())
        recorded = sum(str(tracing.admitted(low)).endswith("01") for _ in range(1_000))
        assert recorded < 50, "whatever id they choose"
        tracing.configure("test", None, 0.0, InMemorySpanExporter())
        assert tracing.admitted(GIVEN) == f"00-{TRACE}-{SPAN}-00"
        tracing.configure("test", None, 1.0, InMemorySpanExporter())
        assert tracing.admitted(f"00-{TRACE}-{SPAN}-00") == GIVEN
    finally:
        tracing.off()


def test_without_a_collector_there_is_nothing() -> None:
    assert tracing.admitted(GIVEN) is None
    with within(Origin("req")), tracing.span("work") as one:
        assert one is None and current() == Origin("req")
    assert current() == NOWHERE


def test_log_lines_name_their_request_and_trace() -> None:
    with written_by(logs.configure) as out:
        with within(Origin("req_1", GIVEN)):
            logging.getLogger("workers").info("work_done")
        logging.getLogger("workers").info("work_done")
        logging.getLogger().handlers[0].stream.flush_now()  # type: ignore[attr-defined]
    inside, outside = (json.loads(line) for line in out.getvalue().splitlines())
    assert (inside["request_id"], inside["trace_id"]) == ("req_1", TRACE)
    assert "request_id" not in outside and "trace_id" not in outside


async def test_a_collector_gets_them_over_http() -> None:
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        tracing.configure("owner", f"http://127.0.0.1:{server.server_port}/")
        with tracing.span("work"):
            await asyncio.sleep(0)
        tracing.off()
        assert len(received) == 1
    finally:
        server.shutdown()
        server.server_close()
    (told,) = ExportTraceServiceRequest.FromString(received[0]).resource_spans
    assert [one.value.string_value for one in told.resource.attributes if one.key == "service.name"] == [
        "pitboss-owner"
    ]
    assert [one.name for one in told.scope_spans[0].spans] == ["work"]
