"""Who gets what back when a tournament is called off or a player leaves before the start."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from server.domain.money import portion, split
from server.domain.tournament.events import Cancelled, RefundLine
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.money.prizes import pool_minor, prizes_of
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


def cancelled(state: Tournament, reason: str, now_ms: int, *, refund: bool, notify: bool) -> Cancelled:
    """The cancellation at `now_ms` by the tournament's policy. Entries forfeited during play get nothing."""
    in_play = state.status is Status.IN_PROGRESS
    if in_play and state.rules.cancellation_policy == "roll_forward":
        pool = state.rules.prize_pool
        total = pool_minor(pool, state.collected_minor)
        return Cancelled(reason, not refund, notify, tuple(roll_forward(state)), total, pool.seed_minor)
    played = _progress(state, now_ms) if in_play else NOTHING_PLAYED
    stay: Iterable[Entry] = (entry for entry in state.entries if not entry.removed)
    lines = tuple(line for entry in stay for line in refund_lines(entry, played))
    return Cancelled(reason, waived=not refund, notify=notify, refunds=lines)


def _progress(state: Tournament, now_ms: int) -> Fraction:
    """Finished rounds over rounds, or elapsed over planned time; nothing under `full`."""
    started, rounds = state.started_at_ms, state.rules.rounds
    if started is None or state.rules.cancellation_policy == "full":
        return NOTHING_PLAYED
    if rounds is not None:
        return Fraction(state.rounds_finished, rounds.count)
    planned = max(state.rules.planned_end_ms(started) - started, 1)
    return min(Fraction(max(now_ms - started, 0), planned), Fraction(1))


def roll_forward(state: Tournament) -> Iterator[RefundLine]:
    """The rule of the large poker rooms: fees back to those still in; half of the pool in equal parts,
    half by score share. Where places are in the money already, players who hold them keep
    their prizes, every player still in gets the lowest unpaid prize, and the rest goes by score share.
    """
    in_play = [entry for entry in state.entries if entry.is_in_play]
    for entry in in_play:
        for sale in entry.sales:
            if sale.fee_minor:
                yield RefundLine(entry.player_no, sale.tender, 0, sale.fee_minor)
    prizes, held_minor = prizes_of(state), 0
    for row in state.ranking.page(len(in_play), max(len(prizes.amounts) - len(in_play), 0)):
        if amount := prizes.at(row.position):
            held_minor += amount
            yield RefundLine(row.player_no, "cash", amount, 0, "prize")
    if not in_play:
        return
    rest, unpaid = prizes.total_minor - held_minor, prizes.amounts[: len(in_play)]
    in_the_money = len(state.ranking) > len(in_play) == len(unpaid)
    if in_the_money:
        even = [min(*unpaid, rest // len(in_play))] * len(in_play)
    else:
        even = split(rest // 2, [1] * len(in_play))
    weights = _by_score(in_play)
    for entry, equal, share in zip(in_play, even, split(rest - sum(even), weights), strict=True):
        if equal + share:
            yield RefundLine(entry.player_no, "cash", equal + share, 0, "share")


def _by_score(entries: list[Entry]) -> list[int]:
    """Score shares; equal ones where no player has a score, and nothing for a score below zero."""
    weights = [max(entry.points, 0) for entry in entries]
    return weights if sum(weights) else [1] * len(entries)
