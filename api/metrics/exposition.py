"""The text that Prometheus reads."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context.context import Context
from api.metrics.table import BY_NAME
from server.ports import HouseView
from server.runtime.counters import BUCKETS_S

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_KINDS = ("own", "shared")
# Name, field of an `OwnerProcess`, and what it is divided by.
_OWNERS = (
    ("pitboss_shared_owner_tournaments", "tournaments", 1),
    ("pitboss_shared_owner_loop_late_seconds", "lag_us", 10**6),
    ("pitboss_shared_owner_silent_seconds", "silent_s", 1),
)
Samples = Sequence[tuple[Sequence[str], float]]


def _plain(name: str, samples: Samples) -> Metric:
    """A gauge or counter of the table, with the values of its labels."""
    known = BY_NAME[name]
    family = CounterMetricFamily if known.kind == "counter" else GaugeMetricFamily
    made = family(name, known.text, labels=known.labels)
    for labels, value in samples:
        made.add_metric(labels, value)
    return made


def _histogram(name: str, counted: Mapping[str, Mapping[str, int]]) -> Metric:
    """A histogram of the table: per value of its label what `Counters` has counted."""
    known = BY_NAME[name]
    made = HistogramMetricFamily(name, known.text, labels=known.labels)
    for label, counts in counted.items():
        buckets = [(str(bound), float(counts.get(str(bound), 0))) for bound in BUCKETS_S]
        total = counts.get("count", 0)
        labels = [label] if known.labels else []
        made.add_metric(labels, [*buckets, ("+Inf", total)], counts.get("us", 0) / 1_000_000)
    return made


class _Events(Collector):
    """Of all operators, as the database has them: the same from every front end."""

    def __init__(self, totals: Mapping[str, int]) -> None:
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        of = self._totals
        yield _plain("pitboss_events_unrouted", [((), of["unrouted"])])
        yield _plain("pitboss_event_lag_seconds", [((), of["oldest_ms"] / 1_000)])
        for name in ("pitboss_delivery_cursors_pending", "pitboss_event_lanes_pending"):
            yield _plain(name, [((), of["cursors"])])
        attempts = [((outcome,), of[outcome]) for outcome in ("delivered", "failed", "dead")]
        for name in ("pitboss_delivery_attempts", "pitboss_event_tries"):
            yield _plain(name, attempts)
        healthy = of["endpoints"] - of["failing"] - of["disabled"]
        states = {"failing": of["failing"], "disabled": of["disabled"], "healthy": healthy}
        yield _plain("pitboss_event_endpoints", [((state,), count) for state, count in states.items()])


class _House(Collector):
    """Tournaments, owners, payouts, the database: the same from every front end."""

    def __init__(self, view: HouseView, now_ms: int) -> None:
        self._view = view
        self._now_ms = now_ms

    def collect(self) -> Iterator[Metric]:
        view = self._view
        yield _plain("pitboss_tournaments", list(view.tournaments.items()))
        yield _plain("pitboss_tournaments_overdue", [((), view.overdue)])
        for name, field, per in _OWNERS:
            yield _plain(name, [((one.placement,), getattr(one, field) / per) for one in view.owners])
        yield _plain("pitboss_payouts_waiting", [((state,), n) for state, (n, _) in view.payouts.items()])
        ages = [((state,), (self._now_ms - ms) / 1_000) for state, (_, ms) in view.payouts.items()]
        yield _plain("pitboss_payout_oldest_seconds", ages)
        yield _plain("pitboss_database_commits", [((), view.commits)])
        yield _plain("pitboss_database_connections", [((), view.connections)])
        yield _plain("pitboss_database_connections_max", [((), view.connections_max)])
        yield from self._counted()

    def _counted(self) -> Iterator[Metric]:
        counts = self._view.counts
        for name in ("commits", "takeovers"):
            yield _plain(f"pitboss_{name}", self._by_result(name, _KINDS))
        rows = [((kind,), counts.get((kind, "commit_rows"), 0)) for kind in _KINDS]
        yield _plain("pitboss_commit_rows", rows)
        seconds = {kind: self._timed(kind, "commit_seconds") for kind in _KINDS}
        yield _histogram("pitboss_commit_seconds", seconds)
        steps = [((labels[1],), value) for labels, value in self._by_result("schedule", ("workers",))]
        yield _plain("pitboss_schedule_steps", steps)
        late = self._timed("workers", "schedule_late_seconds")
        yield _histogram("pitboss_schedule_late_seconds", {"": late})
        yield _plain("pitboss_given_up", [((), counts.get(("workers", "given_up"), 0))])

    def _by_result(self, name: str, kinds: Sequence[str]) -> list[tuple[tuple[str, str], float]]:
        """What is counted as `name:result`, by kind and result."""
        found = [(kind, key.partition(":"), value) for (kind, key), value in self._view.counts.items()]
        return [((kind, key[2]), value) for kind, key, value in found if key[0] == name and kind in kinds]

    def _timed(self, kind: str, name: str) -> dict[str, int]:
        found = [(key.partition("|"), value) for (of, key), value in self._view.counts.items() if of == kind]
        return {key[2]: value for key, value in found if key[0] == name}


class _FrontEnd(Collector):
    """Of this process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def collect(self) -> Iterator[Metric]:
        metrics, hub = self._ctx.metrics, self._ctx.hub
        requests = [
            ((method, route, str(status)), count)
            for (method, route, status), count in list(metrics.requests.items())
        ]
        yield _plain("pitboss_requests", requests)
        routes: dict[str, dict[str, int]] = {}
        for name, value in metrics.seconds.seen().items():
            route, _, bound = name.rpartition("|")
            routes.setdefault(route, {})[bound] = value
        yield _histogram("pitboss_request_seconds", routes)
        outcomes = self._ctx.fact_batcher.outcomes
        yield _plain(
            "pitboss_facts", [((outcome.name.lower(),), count) for outcome, count in outcomes.items()]
        )
        yield _plain("pitboss_sockets", [((), hub.attended)])
        yield _plain("pitboss_boards_followed", [((), hub.watched)])
        yield _plain("pitboss_slow_readers", [((), metrics.slow_readers)])


async def exposition(ctx: Context) -> bytes:
    """All of the house and of this process."""
    now_ms = ctx.clock.now_ms()
    totals, view = await ctx.deliveries.totals(now_ms), await ctx.overview.house_view(now_ms)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in (_Events(totals), _House(view, now_ms), _FrontEnd(ctx)):
        registry.register(collector)
    return generate_latest(registry)
