"""What the next commit will carry, collected while commands are decided and applied."""

from server.domain.rooms.inputs import Batch, Input
from server.domain.scoring.fact import Counted
from server.domain.tournament import commands, events
from server.domain.tournament.money.payouts import payout_row
from server.domain.tournament.play.facts import Judged, count
from server.domain.tournament.play.room_facts import awaited_round, inputs_of, take_batch
from server.domain.tournament.play.schedule import next_due_ms
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import entry_row, result_rows, summary_of
from server.encoding.codec import FACTS, ROOM, chained, encode_block, encode_event
from server.encoding.room_codec import encode_batch
from server.journal.effects import effects_of
from server.ports import AnswerRow, BlockRow, Commit, EventRow, PaymentRow, PostingRow
from server.public_events.mapping import Announcement

_SOLD_AS = {events.Registered: "entry", events.Rebought: "rebuy", events.AddOnBought: "add_on"}


class UnitOfWork:
    """Applies events to the state at once and remembers their rows. Thrown away, together with the
    state, when its commit fails."""

    def __init__(self, state: Tournament | None, epoch: int, chain: bytes) -> None:
        self.state = state
        self.epoch = epoch
        self.chain = chain
        self._after = None if state is None else chain
        self.answers: dict[str, AnswerRow] = {}
        self._events: list[EventRow] = []
        self._blocks: list[BlockRow] = []
        self._postings: list[PostingRow] = []
        self._announcements: list[Announcement] = []
        self._touched: set[int] = set()
        self._owed: set[str] = set()
        self._paid: dict[str, PaymentRow] = {}
        self._open_block: list[Counted] = []
        self._open_block_at_ms = 0
        self._final = False
        self.room_inputs: list[Input] = []

    def record(self, event: events.Event, at_ms: int, actor: str) -> Tournament:
        """Apply one event and keep its row and everything that follows from it."""
        self._close_block()
        effects = effects_of(self.state, event, at_ms)
        state = self.state = effects.state
        kind, payload = encode_event(event)
        self.chain = chained(self.chain, state.seq, kind, at_ms, payload, actor)
        self._events.append(EventRow(state.seq, kind, at_ms, actor, payload, self.chain))
        self._postings += effects.postings
        self._announcements += effects.announcements
        self._touched |= effects.players
        self._owed |= effects.payouts
        self._final = self._final or effects.settles
        self.room_inputs += inputs_of(event, state)
        if isinstance(event, events.SaleEvent) and event.payment_id is not None:
            player_id = state.entries[event.player_no].player_id
            row = PaymentRow(event.payment_id, player_id, _SOLD_AS[type(event)], at_ms)
            self._paid[event.payment_id] = row
        return state

    def used(self, payment_id: str) -> commands.PaymentUse | None:
        """What this unit of work has sold for a payment."""
        row = self._paid.get(payment_id)
        if row is None or self.state is None:
            return None
        return commands.PaymentUse(self.state.id, row.player_id, row.kind)

    def count(self, judged: Judged, at_ms: int) -> None:
        """Apply judged facts; batches that follow each other share one stored block."""
        assert self.state is not None
        count(self.state, judged.counted, judged.digests)
        self._open_block += judged.counted
        self._open_block_at_ms = at_ms
        if self.state.scorer.scoring.is_race:
            # A fact may move the bell of a race, and a block is judged by one bell.
            self._close_block()

    def play(self, batch: Batch, at_ms: int) -> None:
        """Apply a batch of the room: it stands before its facts, all in one stored block."""
        assert self.state is not None
        self._close_block()
        first = self.state.seq + 1
        take_batch(self.state, batch)
        self._append(ROOM, first, self.state.seq, at_ms, encode_batch(batch))

    def _close_block(self) -> None:
        if not self._open_block or self.state is None:
            return
        last, at_ms = self.state.seq, self._open_block_at_ms
        first = last - len(self._open_block) + 1
        self._append(FACTS, first, last, at_ms, encode_block(self._open_block))
        self._open_block = []

    def _append(self, kind: str, first: int, last: int, at_ms: int, payload: bytes) -> None:
        """One more stored block, covered by the chain."""
        self.chain = chained(self.chain, last, kind, at_ms, payload)
        self._blocks.append(BlockRow(first, last, at_ms, payload, self.chain, kind))

    def to_commit(self) -> Commit:
        """The commit; the listing row goes along only when an event may have changed it."""
        self._close_block()
        state = self.state
        assert state is not None
        changed = bool(self._events)
        return Commit(
            tournament_id=state.id,
            epoch=self.epoch,
            after=self._after,
            events=self._events,
            blocks=self._blocks,
            postings=self._postings,
            announcements=self._announcements,
            answers=list(self.answers.values()),
            entries={no: entry_row(state, no) for no in sorted(self._touched)},
            results=result_rows(state) if self._final else None,
            payments=list(self._paid.values()),
            payouts=[payout_row(state, name) for name in sorted(self._owed)],
            summary=summary_of(state) if changed else None,
            next_due_ms=next_due_ms(state) if changed else None,
            beacon_round=awaited_round(state),
        )
