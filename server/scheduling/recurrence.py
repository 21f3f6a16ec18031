"""When a recurrence starts its tournaments: cron in an IANA zone, each local occurrence once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from server.encoding.wire import to_ms
from server.encoding.zones import zone_named
from server.ports import Recurrence

# A cron that never comes, such as 30 February, ends the search after this many skipped dates.
_SKIPPED_MAX = 400
_CRON_FIELDS = 5


def faults_of(recurrence: Recurrence) -> dict[str, str]:
    """Every fault by field."""
    faults: dict[str, str] = {}
    zone = zone_named(recurrence.timezone)
    if zone is None:
        faults["timezone"] = "Must be an IANA time zone such as Europe/London"
    try:
        if len(recurrence.cron.split()) != _CRON_FIELDS:  # a sixth field would be seconds
            raise CronSimError
        next(CronSim(recurrence.cron, datetime(2026, 1, 1, tzinfo=zone or UTC)))
    except (CronSimError, StopIteration):
        faults["cron"] = "Must be a cron expression of five fields that comes true, such as 0 20 * * 5"
    for day in recurrence.skip:
        try:
            datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - a date in the schedule's own zone
        except ValueError:
            faults["skip"] = "Must be dates such as 2026-12-25"
    return faults


def starts_after(recurrence: Recurrence, after_ms: int) -> Iterator[int]:
    """Start times (UTC milliseconds) behind an instant, in order, without the skipped dates.

    As cron does it: a time that a clock change leaves out comes right after the gap, one that it repeats
    comes once.
    """
    zone = ZoneInfo(recurrence.timezone)
    start = datetime.fromtimestamp(after_ms // 1_000, UTC).astimezone(zone)
    skipped = 0
    for moment in CronSim(recurrence.cron, start):
        if moment.strftime("%Y-%m-%d") in recurrence.skip:
            skipped += 1
            if skipped > _SKIPPED_MAX:
                return
            continue
        yield to_ms(moment)


def next_start_ms(recurrence: Recurrence, after_ms: int) -> int | None:
    """The first start behind an instant; None when there is none."""
    return next(starts_after(recurrence, after_ms), None)
