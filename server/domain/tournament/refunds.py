"""Who gets what back when a tournament is called off or a player leaves before the start."""

from collections.abc import Iterable
from fractions import Fraction

from server.domain.money import portion
from server.domain.tournament.events import RefundLine
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.state import Entry, Tournament

NOTHING_PLAYED = Fraction(0)


def refund_lines(entry: Entry, played: Fraction = NOTHING_PLAYED) -> tuple[RefundLine, ...]:
    """One line per sale: every paid amount times (1 - played), rounded down to the minor unit."""
    left = 1 - played
    return tuple(
        RefundLine(
            entry.player_no, sale.tender, portion(sale.buy_in_minor, left), portion(sale.fee_minor, left)
        )
        for sale in entry.sales
    )


def cancellation_lines(state: Tournament, now_ms: int) -> tuple[RefundLine, ...]:
    """Refunds of a cancellation at `now_ms`. Entries forfeited during play get nothing back."""
    played = _progress(state, now_ms)
    stay: Iterable[Entry] = (entry for entry in state.entries if not entry.removed)
    return tuple(line for entry in stay for line in refund_lines(entry, played))


def _progress(state: Tournament, now_ms: int) -> Fraction:
    """Elapsed over planned time under `pro_rata`; nothing before the start or under `full`."""
    started = state.started_at_ms
    if state.status is not Status.IN_PROGRESS or started is None:
        return NOTHING_PLAYED
    if state.rules.cancellation_policy == "full":
        return NOTHING_PLAYED
    planned = max(state.rules.planned_end_ms(started) - started, 1)
    return min(Fraction(max(now_ms - started, 0), planned), Fraction(1))
