"""Instants and spans in plain English."""

from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def time_in(zone: tzinfo, at_ms: int) -> str:
    """An instant as players read it: `15 January 2026, 20:00 (UTC)`; seconds where there are any."""
    moment = datetime.fromtimestamp(at_ms // 1_000, UTC).astimezone(zone)
    seconds = f":{moment:%S}" if moment.second else ""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment:%Y, %H:%M}{seconds} ({_offset(moment)})"


def _offset(moment: datetime) -> str:
    """`UTC`, `UTC+2`, `UTC-3:30`."""
    minutes = (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "-"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def span(ms: int) -> str:
    """`90000` as "1 minute 30 seconds"."""
    rest = ms // 1_000
    words = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {name}{'s' if count != 1 else ''}")
    return " ".join(words) or "0 seconds"
