"""Whether something may be sold now, said once: the owner refuses by it, and a player's client is shown it.

Both the whole state and the listing row know what is asked for here (`Selling`, `Buyer`).
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from server.domain.tournament.lifecycle import Status
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.state import Sale


class Selling(Protocol):
    """A tournament, as far as sales depend on it."""

    @property
    def rules(self) -> Rules: ...
    @property
    def status(self) -> Status: ...
    @property
    def started_at_ms(self) -> int | None: ...
    @property
    def rounds_finished(self) -> int: ...


class Buyer(Protocol):
    """An entry, as far as further sales depend on it."""

    @property
    def removed(self) -> bool: ...
    @property
    def disqualified(self) -> bool: ...
    @property
    def eliminated_round(self) -> int | None: ...
    @property
    def sales(self) -> tuple[Sale, ...]: ...


class No(NamedTuple):
    """Why not: `rule` is the public name of the rule, `reason` a sentence."""

    rule: str
    reason: str


def bought(sales: Sequence[Sale]) -> int:
    """How many entries these sales gave."""
    return sum(sale.entries for sale in sales)


def why_no_rebuy(of: Selling, buyer: Buyer, now_ms: int, entries: int = 1) -> No | None:
    """Why a player cannot buy so many further entries now; None when it is possible."""
    rules = of.rules
    if not rules.rebuy_enabled:
        return No("no_rebuys", "This tournament has no rebuys")
    if why := why_not_in_play(of, now_ms):
        return why
    if rules.rebuy_deadline_ms is not None and now_ms >= rules.rebuy_deadline_ms:
        return No("deadline", "The rebuy deadline has passed")
    if buyer.disqualified:
        return No("disqualified", "The player was disqualified")
    if buyer.removed:
        return No("removed", "The player has left the tournament")
    if buyer.eliminated_round is not None and buyer.eliminated_round < of.rounds_finished:
        return No("eliminated", "Only players whom the last round eliminated can buy themselves back")
    most = rules.max_entries_per_player
    if most is not None and bought(buyer.sales) + entries > most:
        return No("limit", "No entries left for this player")
    return None


def why_not_in_play(of: Selling, now_ms: int) -> No | None:
    """Why nothing is sold to players in play now; None while play is on. Its planned end counts although the
    schedule may not have recorded it yet."""
    if of.status in (Status.SCHEDULED, Status.OPEN):
        return No("not_started", "Possible only while the tournament is in progress; it has not started")
    ended = now_ms >= of.rules.planned_end_ms(of.started_at_ms) and of.rules.rounds is None
    if of.status is not Status.IN_PROGRESS or ended:
        return No("over", "Possible only while the tournament is in progress; it is over")
    return None
