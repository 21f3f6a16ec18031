"""Every metric in one place: what it counts, and what its reader does about it.

No label ever names a tournament or a player. The page, the dashboard and the documents come from here.
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """`panel` is the dashboard's panel that shows it; empty with a reason in `use`. `scope`: the same from
    every front end (`house`), or of the process that is asked (`process`)."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    scope: Literal["house", "process"]
    panel: str
    text: str
    labels: tuple[str, ...] = ()
    unit: str = "short"
    use: str = ""


METRICS: Final = (
    Metric(
        "pitboss_requests", "counter", "process", "Requests", "Requests answered, by route and status",
        ("method", "route", "status"), "reqps",
        "5xx: look for `internal_error` in the log; 429: who asks too often?",
    ),
    Metric(
        "pitboss_request_seconds", "histogram", "process", "Request time",
        "Time until the answer was out", ("route",), "s",
        "compare with `pitboss_commit_seconds`: is it the database?",
    ),
    Metric(
        "pitboss_facts", "counter", "process", "Facts", "Facts that game platforms reported, by outcome",
        ("outcome",), "short",
        "many `unknown_player` or `not_started`: a platform reports to the wrong tournament",
    ),
    Metric(
        "pitboss_sockets", "gauge", "process", "Sockets",
        "Open player sockets and streams of this front end", (), "short", "scale front ends by it",
    ),
    Metric(
        "pitboss_boards_followed", "gauge", "process", "Sockets", "Tournaments watched on this front end",
    ),
    Metric(
        "pitboss_slow_readers", "counter", "process", "Slow readers",
        "Sockets closed because their client did not read for half a minute",
    ),
    Metric(
        "pitboss_tournaments", "gauge", "house", "Tournaments", "Tournaments that are not over",
        ("status", "lives"),
    ),
    Metric(
        "pitboss_tournaments_overdue", "gauge", "house", "Schedule",
        "Tournaments whose next step has been due for a minute", (), "short",
        "do workers run? can their owner commit?",
    ),
    Metric(
        "pitboss_schedule_steps", "counter", "house", "Schedule", "Steps of the schedule, by result",
        ("result",),
    ),
    Metric(
        "pitboss_schedule_late_seconds", "histogram", "house", "Schedule lateness",
        "How late steps were: openings, starts, ends", (), "s",
        "more workers, or owners that cannot commit",
    ),
    Metric(
        "pitboss_commits", "counter", "house", "Commits", "Commits of owners, by result",
        ("owners", "result"), "short",
        "`fenced`: a tournament has moved or two fight; `away`: the database",
    ),
    Metric(
        "pitboss_commit_seconds", "histogram", "house", "Commit time", "Time of a commit", ("owners",),
        "s", "disk or network of the database; `pitboss doctor`",
    ),
    Metric(
        "pitboss_commit_rows", "counter", "house", "Rows a second",
        "Events, blocks and answers in commits", ("owners",),
    ),
    Metric(
        "pitboss_takeovers", "counter", "house", "Take-overs", "Recoveries of tournaments, by result",
        ("owners", "result"), "short",
        "many in a row: processes die; look for `process_hangs` and out-of-memory",
    ),
    Metric(
        "pitboss_given_up", "counter", "house", "Take-overs",
        "Tournaments and shared owners that were silent and were given to others", (), "short",
        "a node is lost",
    ),
    Metric(
        "pitboss_shared_owner_tournaments", "gauge", "house", "Shared owners",
        "Tournaments awake in a shared owner", ("placement",),
    ),
    Metric(
        "pitboss_shared_owner_loop_late_seconds", "gauge", "house", "Loop lag",
        "Of the last second, its loop was held up", ("placement",), "s",
        "more shared owners, or a heavy tournament",
    ),
    Metric(
        "pitboss_shared_owner_silent_seconds", "gauge", "house", "Signs of life",
        "Time since its last sign of life", ("placement",), "s", "its node is gone or its process hangs",
    ),
    Metric(
        "pitboss_payouts_waiting", "gauge", "house", "Payouts", "Payouts that are not done with",
        ("state",), "short", "`needs_person`: the operator must decide",
    ),
    Metric(
        "pitboss_payout_oldest_seconds", "gauge", "house", "Oldest payout",
        "Age of the oldest payout that waits", ("state",), "s", "does the wallet answer?",
    ),
    Metric(
        "pitboss_events_unrouted", "gauge", "house", "Events out",
        "Events that have no place in a feed yet", (), "short",
        "growing for five minutes: workers are too few or away",
    ),
    Metric(
        "pitboss_delivery_cursors_pending", "gauge", "house", "Events out",
        "Streams that wait to be sent to an endpoint", (), "short", "growing: as above",
    ),
    Metric(
        "pitboss_event_lag_seconds", "gauge", "house", "Event lag",
        "Age of the oldest event that an enabled endpoint has not taken", (), "s",
        "an endpoint does not take its events",
    ),
    Metric(
        "pitboss_delivery_attempts", "counter", "house", "Deliveries", "Attempts to send an event",
        ("outcome",),
    ),
    Metric(
        "pitboss_event_endpoints", "gauge", "house", "Endpoints", "Endpoints by state", ("state",),
        "short", "`disabled`: its operator must be told",
    ),
    Metric(
        "pitboss_database_commits", "counter", "house", "Database", "Transactions of the database", (),
        "ops",
    ),
    Metric(
        "pitboss_database_connections", "gauge", "house", "Connections", "Connections to the database",
        (), "short", "near the limit: raise max_connections, or fewer front ends",
    ),
    Metric(
        "pitboss_database_connections_max", "gauge", "house", "Connections",
        "As many as the database takes",
    ),
    Metric(
        "pitboss_event_lanes_pending", "gauge", "house", "",
        "Former name of pitboss_delivery_cursors_pending", use="shown until 0.3",
    ),
    Metric(
        "pitboss_event_tries", "counter", "house", "", "Former name of pitboss_delivery_attempts",
        ("outcome",), use="shown until 0.3",
    ),
)  # fmt: skip
BY_NAME: Final = {metric.name: metric for metric in METRICS}
