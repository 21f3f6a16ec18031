"""What Prometheus reads: every name in this one place. No label ever names a tournament or a player."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.ports import HouseView

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_GAUGES = {
    "unrouted": ("pitboss_events_unrouted", "Events that have no place in a feed yet"),
    "cursors": ("pitboss_delivery_cursors_pending", "Streams that wait to be sent to an endpoint"),
}
# Names of version 0.1, shown beside the present ones until 0.3.
_FORMER_LANES = "pitboss_event_lanes_pending"
# Name, text, field of an `OwnerProcess`, and what it is divided by.
_OWNERS = (
    ("pitboss_shared_owner_tournaments", "Tournaments awake in a shared owner", "tournaments", 1),
    ("pitboss_shared_owner_loop_late_seconds", "Of the last second, its loop was held up", "lag_us", 10**6),
    ("pitboss_shared_owner_silent_seconds", "Time since its last sign of life", "silent_s", 1),
)
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


class _Tournaments(Collector):
    """Where tournaments live, and the processes that own many: the same from every front end."""

    def __init__(self, view: HouseView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        live = GaugeMetricFamily(
            "pitboss_tournaments", "Tournaments that are not over", labels=["status", "lives"]
        )
        for (status, where), count in self._view.tournaments.items():
            live.add_metric([status, where], count)
        yield live
        overdue = "Tournaments whose next step has been due for a minute"
        yield GaugeMetricFamily("pitboss_tournaments_overdue", overdue, self._view.overdue)
        yield from self._owners()

    def _owners(self) -> Iterator[Metric]:
        for name, text, field, per in _OWNERS:
            family = GaugeMetricFamily(name, text, labels=["placement"])
            for one in self._view.owners:
                family.add_metric([one.placement], getattr(one, field) / per)
            yield family


def exposition(totals: Mapping[str, int], view: HouseView) -> bytes:
    """The text that Prometheus reads: events out, tournaments, and this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Events(totals))
    registry.register(_Tournaments(view))
    return generate_latest(registry)
