"""Reviews: what was asked for after results were final, and what a person decided about it (10-rules.md, 7).

Money that was paid stays paid. Of a prize that was not deserved, what is not paid yet goes to the players who
move up, or stays with the house, as the rules declare (`forfeited_prizes`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from server.domain.money import split
from server.domain.refusal import Code, Detail, Refusal
from server.domain.tournament import commands, events
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.money.prizes import final_sheet
from server.domain.tournament.play.corrections import alter
from server.domain.tournament.play.facts import digest_of, place, take_off
from server.domain.tournament.state import Payout, Review, Tournament

_REPLAYED = ("void", "reset")
_GONE = (PayoutState.PAID, PayoutState.VOID)
Holding = dict[int, int]
Thing = tuple[str, str]


def open_review(state: Tournament, event: events.ReviewRequested, at_ms: int) -> None:
    """A review waits for a decision from now on."""
    review = Review(
        number=len(state.reviews) + 1,
        action=event.action,
        player_no=event.player_no,
        reason=event.reason,
        opened_ms=at_ms,
        opened_by=event.by,
        event_id=event.event_id,
        delta=event.delta,
        attempts=event.attempts,
        opened_seq=state.seq,
    )
    state.reviews.append(review)


def close_review(state: Tournament, event: events.ReviewDecided, at_ms: int) -> None:
    """The decision: upheld, the board and the sheet are as they should have been."""
    review = state.reviews[event.number - 1]
    review.status = "upheld" if event.decision == "uphold" else "dismissed"
    review.decided_ms, review.decided_by, review.decision_reason = at_ms, event.by, event.reason
    review.decided_seq = state.seq
    if event.decision != "uphold":
        return
    entry = state.entries[review.player_no]
    if review.event_id is not None:
        state.voided.add(digest_of(review.event_id))
    if review.action == "disqualify":
        entry.disqualified = True
        state.left_in_play += not entry.removed
        take_off(state, entry)
    else:
        alter(entry, review.action, at_ms, state.seq, delta=review.delta, attempts=review.attempts)
        place(state, entry)
    for name in event.forfeits:
        payout = state.payouts[name]
        payout.state, payout.reason, payout.moved_at_ms = PayoutState.VOID, event.reason, at_ms
        payout.next_try_ms, payout.reviewed = None, True
    assert state.results is not None, "reviews follow final results"
    state.results = replace(
        state.results, prizes=event.prizes, items=event.items, unclaimed_minor=event.unclaimed_minor
    )


def decide_review(state: Tournament, command: commands.DecideReview, now_ms: int) -> list[events.Event]:
    """The decision about one open review."""
    review = _open_one(state, command.number)
    if state.rules.payout_approval == "two_keys" and review.opened_by == command.by:
        raise Refusal(Code.SECOND_KEY_NEEDED, "Another person must decide about this review")
    decided = events.ReviewDecided(command.number, command.decision, command.reason, command.by)
    if command.decision == "dismiss":
        return [decided]
    _refuse_stale(state, review)
    due = final_sheet_after(state, review, now_ms)
    return [_settled(state, decided, due)]


def _open_one(state: Tournament, number: int) -> Review:
    detail: Detail = {"review": number}
    if not 1 <= number <= len(state.reviews):
        raise Refusal(Code.REVIEW_NOT_FOUND, f"Review {number} not found", detail)
    review = state.reviews[number - 1]
    if review.status != "open":
        detail["status"] = review.status
        raise Refusal(Code.REVIEW_CLOSED, f"Review {number} has been decided already", detail)
    return review


def _refuse_stale(state: Tournament, review: Review) -> None:
    """A score that was replayed for one review is out of date once another one has changed it."""
    upheld = [one for one in state.reviews if one.player_no == review.player_no and one.status == "upheld"]
    stale = review.action in _REPLAYED and any(
        one.action in _REPLAYED and one.decided_seq > review.opened_seq for one in upheld
    )
    removed = state.entries[review.player_no].removed
    if stale or removed:
        why = "the player is off the board" if removed else "the score has changed since it was opened"
        detail: Detail = {"review": review.number}
        message = f"Review {review.number} cannot be upheld: {why}; dismiss it"
        raise Refusal(Code.REVIEW_CLOSED, message, detail)


def final_sheet_after(state: Tournament, review: Review, now_ms: int) -> events.ResultsFinalised:
    """The sheet as it would have been with the review upheld. The state is as before."""
    entry = state.entries[review.player_no]
    if review.action == "disqualify":
        state.ranking.remove(entry.player_no)
    else:
        trial = replace(entry)
        alter(trial, review.action, now_ms, state.seq + 1, delta=review.delta, attempts=review.attempts)
        place(state, trial)
    sheet = final_sheet(state)
    place(state, entry)
    return sheet


def _settled(
    state: Tournament, decided: events.ReviewDecided, due: events.ResultsFinalised
) -> events.ReviewDecided:
    """Who loses what is unpaid, who gets it, and what the sheet says from now on."""
    assert state.results is not None, "reviews follow final results"
    sheet, keep = state.results, state.rules.forfeited_prizes == "retain"
    owed, should = _money(sheet.prizes), _money(due.prizes)
    forfeits = [line for line in _lines(state) if _falls(line, owed, should)]
    freed: Holding = {}
    for line in forfeits:
        freed[line.player_no] = freed.get(line.player_no, 0) + line.amount_minor
    paid = {no: owed[no] - amount for no, amount in freed.items()}
    back = {no: min(max(should.get(no, 0) - paid[no], 0), amount) for no, amount in freed.items()}
    pot = sum(freed.values()) - sum(back.values())
    rises = {no: more for no in should if (more := should[no] - owed.get(no, 0)) > 0}
    shared = 0 if keep else min(pot, sum(rises.values()))
    parts = dict(zip(rises, split(shared, list(rises.values())), strict=True)) if rises else {}
    gains = {no: amount for no, amount in (back | parts).items() if amount}
    new = {no: owed.get(no, 0) - freed.get(no, 0) + gains.get(no, 0) for no in owed | gains}
    place_of = {line.player_no: line for line in (*sheet.prizes, *due.prizes)}
    lines = [replace(place_of[no], amount_minor=amount) for no, amount in new.items() if amount]
    things = _Things(state, sheet.items, due.items, keep=keep)
    money = (events.Award(no, "prize", amount, place_of[no].position) for no, amount in gains.items())
    return replace(
        decided,
        forfeits=(*(line.id for line in forfeits), *things.forfeits),
        awards=(*money, *things.awards),
        retained_minor=pot - shared,
        prizes=tuple(sorted(lines, key=lambda line: (line.position, line.player_no))),
        items=things.items,
        unclaimed_minor=sheet.unclaimed_minor + pot - shared,
    )


def _money(prizes: Iterable[events.PrizeLine]) -> Holding:
    return {line.player_no: line.amount_minor for line in prizes}


def _lines(state: Tournament) -> Iterator[Payout]:
    """Lines of prizes that can still be taken back."""
    lines = (line for line in state.payouts.values() if line.kind == "prize" and line.code is None)
    return (line for line in lines if line.state not in _GONE)


def _falls(line: Payout, owed: Holding, should: Holding) -> bool:
    return should.get(line.player_no, 0) < owed.get(line.player_no, 0)


class _Things:
    """Prizes that are not money. They cannot be shared, so the better place gets them first."""

    def __init__(
        self,
        state: Tournament,
        old: tuple[events.ItemLine, ...],
        due: tuple[events.ItemLine, ...],
        *,
        keep: bool,
    ) -> None:
        self.forfeits: list[str] = []
        self.awards: list[events.Award] = []
        self._keep = keep
        before, after, unpaid = _by_thing(old), _by_thing(due), _unpaid(state)
        lines: list[events.ItemLine] = []
        for thing in dict.fromkeys((*before, *after)):
            had, should = before.get(thing, []), after.get(thing, [])
            lines += self._moved(thing, had, should, unpaid.get(thing, []))
        self.items = tuple(lines)

    def _moved(
        self, thing: Thing, had: list[events.ItemLine], due: list[events.ItemLine], unpaid: list[Payout]
    ) -> Iterator[events.ItemLine]:
        """Who has how many of one thing from now on."""
        owed, should = _held(had), _held(due)
        freed = self._take_back(owed, should, unpaid)
        left = sum(freed.values())
        now = {no: count - freed.get(no, 0) for no, count in owed.items()}
        place_due = {item.player_no: item.position for item in reversed(due)}
        for no, wanted in should.items():
            may_rise = no in freed or not self._keep
            more = min(wanted - now.get(no, 0), left) if may_rise else 0
            if more > 0:
                left -= more
                now[no] = now.get(no, 0) + more
                self.awards.append(events.Award(no, thing[0], 0, place_due[no], thing[1], more))
        places = {item.player_no: item.position for item in (*had, *due)}
        return (events.ItemLine(no, places[no], *thing, count) for no, count in now.items() if count)

    def _take_back(self, owed: Holding, should: Holding, unpaid: list[Payout]) -> Holding:
        freed: Holding = {}
        for line in unpaid:
            no = line.player_no
            if should.get(no, 0) < owed.get(no, 0):
                self.forfeits.append(line.id)
                freed[no] = freed.get(no, 0) + line.quantity
        return freed


def _by_thing(items: Iterable[events.ItemLine]) -> dict[Thing, list[events.ItemLine]]:
    found: dict[Thing, list[events.ItemLine]] = {}
    for item in items:
        found.setdefault((item.kind, item.code), []).append(item)
    return found


def _unpaid(state: Tournament) -> dict[Thing, list[Payout]]:
    """Lines of things that can still be taken back."""
    found: dict[Thing, list[Payout]] = {}
    for line in state.payouts.values():
        if line.code is not None and line.state not in _GONE:
            found.setdefault((line.kind, line.code), []).append(line)
    return found


def _held(items: Iterable[events.ItemLine]) -> Holding:
    held: Holding = {}
    for item in items:
        held[item.player_no] = held.get(item.player_no, 0) + item.quantity
    return held
