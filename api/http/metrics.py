"""What Prometheus reads: every name in this one place. No label ever names a tournament or a player."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_GAUGES = {
    "unrouted": ("pitboss_events_unrouted", "Events that have no place in a feed yet"),
    "cursors": ("pitboss_delivery_cursors_pending", "Streams that wait to be sent to an endpoint"),
}
# Names of version 0.1, shown beside the present ones until 0.3.
_FORMER_LANES = "pitboss_event_lanes_pending"
_ATTEMPTS = ("pitboss_delivery_attempts", "pitboss_event_tries")


class _Events(Collector):
    """Of all operators, as the database has them: the same from every front end."""

    def __init__(self, totals: Mapping[str, int]) -> None:
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        for key, (name, text) in _GAUGES.items():
            yield GaugeMetricFamily(name, text, self._totals[key])
        lag = "Age of the oldest event that an enabled endpoint has not taken"
        yield GaugeMetricFamily("pitboss_event_lag_seconds", lag, self._totals["oldest_ms"] / 1_000)
        yield GaugeMetricFamily(_FORMER_LANES, _GAUGES["cursors"][1], self._totals["cursors"])
        for name in _ATTEMPTS:
            attempts = CounterMetricFamily(name, "Attempts to send an event", labels=["outcome"])
            for outcome in ("delivered", "failed", "dead"):
                attempts.add_metric([outcome], self._totals[outcome])
            yield attempts
        endpoints = GaugeMetricFamily("pitboss_event_endpoints", "Endpoints by state", labels=["state"])
        for state in ("failing", "disabled"):
            endpoints.add_metric([state], self._totals[state])
        healthy = self._totals["endpoints"] - self._totals["failing"] - self._totals["disabled"]
        endpoints.add_metric(["healthy"], healthy)
        yield endpoints


def exposition(totals: Mapping[str, int]) -> bytes:
    """The text that Prometheus reads: events out, and this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Events(totals))
    return generate_latest(registry)
