"""What must hold after every step, whatever happened: a second book, kept from what is stored and what was
said."""

from collections import Counter, defaultdict
from collections.abc import Awaitable
from decimal import Decimal
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from server.domain.ids import internal_player_id, payout_id
from server.domain.money import POINT_PLACES, from_decimal
from server.domain.postings import POOL
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.room_codec import facts_of
from server.journal.replay import replay
from server.ports import BlockRow, Commit, EventRow

R = TypeVar("R")
Rows = tuple[tuple[str, int], ...]


class Broken(AssertionError):  # noqa: N818 - it is the invariant that is broken
    """An invariant does not hold."""


def need(holds: object, what: str) -> None:
    """Raise `Broken` unless it holds."""
    if not holds:
        raise Broken(what)


class Checks:
    """Follows every stored commit, every answer and every frame."""

    def __init__(self) -> None:
        self.shadow: Tournament | None = None
        self.chain = codec.CHAIN_START
        self.seq = 0
        self.recorded: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.balances: dict[str, int] = defaultdict(int)
        self.announced = 0
        self.boards: set[Rows] = {()}
        self.answers: dict[str, bytes] = {}
        self.epoch = 0
        self.notes: Counter[str] = Counter()
        self.broken: AssertionError | None = None
        self.timeline = 0
        self._trace = blake2b(digest_size=16)

    async def over(self, evening: Awaitable[R]) -> R:
        """What an evening comes to. What was found broken first is raised before all that followed from
        it."""
        try:
            report = await evening
        except AssertionError as error:
            raise self.broken or error from None
        if self.broken is not None:
            raise self.broken
        return report

    def restored(self, kept: Any, told: list[Any]) -> None:
        """The store was set back: the second book is what is there now, and what was said of the rest is
        void."""
        self.timeline += 1
        self.shadow, self.chain, self.seq, self.epoch = None, codec.CHAIN_START, 0, kept.epoch
        self.recorded.clear()
        self.balances.clear()
        for row in kept.log:
            self._row(row)
        for row in kept.postings:
            self.balances[row.posting.account] += row.posting.amount_minor
        self.announced = len(told)
        self.acknowledged &= set(self.recorded)
        self.answers = {name: value for name, value in self.answers.items() if name in kept.answers}
        self.boards.add(self.board())

    def note(self, what: str) -> None:
        """Something worth counting."""
        self.notes[what] += 1
        self._trace.update(what.encode())

    def digest(self) -> str:
        """A fingerprint of the whole run so far."""
        return self._trace.hexdigest()

    def stored(self, commit: Commit) -> None:
        """A commit is durable now. An owner that hears of something broken takes it for a failed commit, so
        the first one is kept for the end."""
        try:
            self._stored(commit)
        except AssertionError as error:
            self.broken = self.broken or error
            raise

    def _stored(self, commit: Commit) -> None:
        need(commit.epoch >= self.epoch, "a newer owner has written already: a zombie wrote")
        self.epoch = commit.epoch
        rows: list[EventRow | BlockRow] = [*commit.events, *commit.blocks]
        for row in sorted(rows, key=_first):
            self._row(row)
        self._money(commit)
        for told in commit.announcements:
            self.announced += 1
            need(told.seq == self.announced, "public events are counted without a gap")
        need(self.shadow is not None, "a first event")
        assert self.shadow is not None
        need(self.shadow.events_counted == self.announced, "the state counts its public events")
        self._payouts(commit)
        if commit.summary is not None:
            need(commit.summary.seq <= self.shadow.seq, "the listing row is not ahead of the log")
            need(commit.summary.players == self.shadow.seated, "the listing row is the log's")
        self.boards.add(self.board())
        self._trace.update(self.chain)

    def _row(self, row: EventRow | BlockRow) -> None:
        first, last = (row.seq, row.seq) if isinstance(row, EventRow) else (row.first_seq, row.last_seq)
        kind, actor = row.kind, row.actor if isinstance(row, EventRow) else ""
        need(first == self.seq + 1, f"the log has no gap and no overlap: {first} behind {self.seq}")
        self.chain = codec.chained(self.chain, last, kind, row.at_ms, row.payload, actor)
        need(row.hash == self.chain, "the chain covers every row")
        if isinstance(row, BlockRow):
            block = facts_of(row.kind, row.payload)
            batches = 1 if row.kind == codec.ROOM else 0
            need(len(block) + batches == last - first + 1, "a position for every fact, and for a batch")
            for counted in block:
                self.recorded[counted.fact.event_id] += 1
                need(self.recorded[counted.fact.event_id] == 1, f"{counted.fact.event_id} counts once")
        self.shadow = replay(self.shadow, row)
        self.seq = last

    def _money(self, commit: Commit) -> None:
        for row in commit.postings:
            self.balances[row.posting.account] += row.posting.amount_minor
        need(sum(self.balances.values()) == 0, "postings balance")
        assert self.shadow is not None
        over = self.shadow.status is Status.CANCELLED or self.shadow.results_status is ResultsStatus.FINAL
        pool = 0 if over else self.shadow.collected_minor
        need(self.balances[POOL] == pool, "the pool is what was collected, and empty in the end")

    def _payouts(self, commit: Commit) -> None:
        assert self.shadow is not None
        for row in commit.payouts:
            payout = row.payout
            entry = self.shadow.entries[payout.player_no]
            internal = internal_player_id(self.shadow.id, entry.player_id, payout.player_no)
            kinds = {"prize"} if payout.position is not None else {f"{payout.kind}:{payout.tender}"}
            names = {payout_id(self.shadow.id, internal, kind) for kind in kinds}
            need(payout.id in names, "a payout is named by tournament, player and kind alone")
            need(payout == self.shadow.payouts[payout.id], "the payout row is the log's")

    def board(self) -> Rows:
        """The board as it is stored."""
        assert self.shadow is not None
        rows = self.shadow.ranking.page(0, 50)
        return tuple((self.shadow.entries[row.player_no].player_id, row.points) for row in rows)

    def acked(self, event_id: str) -> None:
        """Somebody was told that a fact counts."""
        need(self.recorded[event_id] == 1, f"{event_id} was acknowledged and is not stored")
        self.acknowledged.add(event_id)

    def answered(self, command_id: str, value: bytes) -> None:
        """Somebody was told that a command is done."""
        first = self.answers.setdefault(command_id, value)
        need(first == value, f"{command_id} was answered twice, differently")

    def saw(self, rows: list[dict[str, Any]]) -> None:
        """Somebody was shown a board."""
        shown = tuple((row["playerId"], scaled(row["points"])) for row in rows)
        need(shown in self.boards, f"a frame shows what was never stored: {shown}")


def rows_of(frame: bytes) -> dict[str, Any]:
    """A frame with exact decimals."""
    body: dict[str, Any] = msgspec.json.decode(frame, strict=False)
    return body


def scaled(points: float | int) -> int:
    scaled = from_decimal(Decimal(str(points)), POINT_PLACES)
    assert scaled is not None
    return scaled


def _first(row: EventRow | BlockRow) -> int:
    return row.seq if isinstance(row, EventRow) else row.first_seq
