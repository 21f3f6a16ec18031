"""Spans for OpenTelemetry: off unless an endpoint is configured, and then nothing of its SDK is loaded.

The context is `config.origin`, not OpenTelemetry's own, because work changes hands: a commit serves several
requests, and a call through Ray carries several messages.
"""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeVar
from weakref import WeakKeyDictionary

from config.origin import NOWHERE, Origin, current, within
from server.runtime.randomness import is_drawn

HEADER: Final = "traceparent"
_GIVEN = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
T = TypeVar("T")
_tracer: Any = None
_provider: Any = None
_ratio = 0.0
# Whose answer a future is: the loop that gives it runs for others, too.
_origins: MutableMapping[Any, Origin] = WeakKeyDictionary()


def configure(service: str, url: str | None, ratio: float = 1.0, exporter: Any = None) -> None:
    """Called once a process, at its door. `url` is an OTLP endpoint over HTTP, as `http://collector:4318`;
    None changes nothing. `ratio` of all traces are recorded."""
    global _tracer, _provider, _ratio
    if url is None and exporter is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create({"service.name": f"pitboss-{service}"}),
    )
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        endpoint = f"{str(url).rstrip('/')}/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    _tracer, _provider, _ratio = provider.get_tracer("pitboss"), provider, ratio


def off() -> None:
    """No spans from now on; those that wait are sent."""
    global _tracer
    if _tracer is not None:
        _tracer = None
        _provider.force_flush()
        _provider.shutdown()


def is_on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def admitted(traceparent: str | None) -> str | None:
    """A stranger's trace context, when there is one and spans are on. Whether it is recorded is ours to say:
    a stranger could ask for it with each request."""
    if not is_on() or traceparent is None or _GIVEN.match(traceparent) is None:
        return None
    return f"{traceparent[:-2]}{int(is_drawn(_ratio)):02d}"


@contextmanager
def span(
    name: str, kind: Literal["internal", "server", "client"] = "internal", **attributes: str | int
) -> Iterator[Any]:
    """What runs inside, as a part of what it comes from. Gives the span, or None when spans are off. What is
    raised is noted by its kind alone: words may hold what was sent."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    propagator, origin, carrier = TraceContextTextMapPropagator(), current(), dict[str, str]()
    parent = propagator.extract({HEADER: origin.traceparent} if origin.traceparent else {})
    one = _tracer.start_span(name, parent, SpanKind[kind.upper()], attributes)
    propagator.inject(carrier, set_span_in_context(one, parent))
    try:
        with within(Origin(origin.request_id, carrier.get(HEADER))):
            yield one
    except BaseException as error:
        one.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        one.end()


def kept(answer: T) -> T:
    """Remember where the asker of this answer comes from."""
    if (origin := current()) != NOWHERE:
        _origins[answer] = origin
    return answer


def origin_of(answer: Any) -> Origin:
    """Where its asker comes from."""
    return _origins.get(answer, NOWHERE)
