"""The room of a live tournament, between its owner and its front ends.

A batch is everything that can be decided when the owner serves: what the tournament did, what front ends
delivered, and moments that are settled, in the order of their stamps. It goes into the owner's commit; only
when that is stored are players answered and shown anything.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from actors.owner.room.inbox import Inbox, Parcel
from actors.owner.room.patience import Patience
from actors.owner.room.room_clock import RoomClock
from actors.owner.room.room_view import RoomView
from actors.owner.unit_of_work import UnitOfWork
from actors.replies import Done, Refused, Reply, RoomNews, Unavailable
from actors.requests import Deliver, RoomPoll
from config import limits
from server.domain.rooms.inputs import Batch, Input, Kind
from server.domain.rooms.outcome import Outcome
from server.domain.rooms.refusals import RoomCode
from server.domain.rooms.room_engine import Engine
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.room_facts import counted_of, opening
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.room_codec import encode_room
from server.journal.room_replay import RoomReplay, digest, merged
from server.ports import Clock

log = logging.getLogger(__name__)

Turns = list[tuple[Input, Outcome]]
NO_ROOM = Refused(RoomCode.ROOM_CLOSED, "This tournament is not played in a room")


@dataclass(slots=True)
class _Decided:
    """A batch on its way to the store: who is answered, and what is shown, once it is there."""

    outcome: Outcome
    parcels: list[Parcel] = field(default_factory=list)


class RoomHost:
    """One activation of a room. `replay` brought it to where the journal ends."""

    def __init__(
        self, state: Tournament, epoch: int, clock: Clock, room_clock: RoomClock, replay: RoomReplay
    ) -> None:
        self.clock = room_clock
        self.wanted = asyncio.Event()
        self._clock = clock
        self._state = state
        self._replay = replay
        self._decided: _Decided | None = None
        self._inbox = Inbox(clock, room_clock.now_us(), clock.monotonic_ms())
        self._view = RoomView(state, epoch, clock, room_clock, replay)
        self._feed = self._view.feed
        self.patience = Patience(state, clock, room_clock, replay)
        self._look_at_ms = clock.monotonic_ms() + limits.ROOM_LOOK_EVERY_MS
        if (engine := replay.engine) is not None:
            room_clock.not_before(engine.room.at_us)

    # Where it stands

    @property
    def engine(self) -> Engine | None:
        """The room; None before it opens, or where its game cannot be had."""
        return None if self.why_lost() else self._replay.engine

    def why_lost(self) -> str | None:
        """Why the room cannot go on, None when it can."""
        return self._replay.why_lost()

    def image(self) -> bytes | None:
        """The room for a checkpoint; None while a flight has drawn: what it drew must not be readable in the
        database before its end."""
        engine = self._replay.engine
        if self.why_lost() is not None:
            return None  # what cannot go on here may go on elsewhere, from its batches
        if engine is None:
            return b""
        try:
            return None if engine.room.drawn else encode_room(engine.room)
        except Exception as error:  # the state of a game is the game's
            self._replay.failed(engine.room.slug, error)
            return None

    # Deliveries

    def receive(self, message: Deliver, answer: asyncio.Future[Reply]) -> Reply | None:
        """Queue a delivery; None when its answer comes with a later commit."""
        engine = self.engine
        if engine is None:
            code = RoomCode.ROOM_CLOSED if self.why_lost() else RoomCode.ROOM_WAITING
            return Refused(code, "The room is not open")
        parcel = self._inbox.under_way(message)
        if parcel is not None:
            parcel.callers.append(answer)
            return None
        known = engine.room.front_ends.get(message.front_end)
        last = 0 if known is None or known.incarnation != message.incarnation else known.number
        if message.number == last:
            return self._again(engine, message)
        if message.number != last + 1:
            return Refused(RoomCode.DELIVERY_GAP, f"Delivery {last + 1} comes next, not {message.number}")
        try:
            self._inbox.take(message, answer)
        except ValueError as error:
            return Refused(RoomCode.BAD_DELIVERY, str(error))
        return None

    def _again(self, engine: Engine, message: Deliver) -> Reply:
        """A delivery that was decided, and whose answer was lost."""
        inputs = self._inbox.inputs_of(message)
        return Done(codec.encode([engine.again(one) or b"" for one in inputs]))

    # A batch

    def step(self, work: UnitOfWork) -> None:
        """Decide everything that can be decided, as a part of this unit of work."""
        assert work.state is not None
        self._state, now_us = work.state, self.clock.now_us()
        told = [one._replace(stamp_us=now_us) for one in (*self._replay.missed, *work.room_inputs)]
        if self._replay.engine is None and self._open(work.state):
            told = opening(work.state, now_us)
        engine = self.engine
        if engine is None:
            return
        self._replay.missed = []
        if self._look_in_ms() == 0:
            self._absent(engine, now_us)
        turns: Turns = []
        # What came before the tournament did something counts as before it, unless play has ended.
        if not any(one.kind == Kind.CLOSES for one in told):
            self._run_all(engine, now_us, turns)
        for one in told:
            turns.append((one, self._run(engine, one)))
        self._run_all(engine, now_us, turns)
        if turns:
            self._close(engine, work, turns, now_us)

    def _open(self, state: Tournament) -> bool:
        """Make the room of a tournament that is in play; False where there is no play or no game."""
        was_open = bool(state.room.salt)
        if state.status is not Status.IN_PROGRESS or was_open or self.why_lost() is not None:
            return False
        if state.room.awaits_beacon:
            return False  # its salt is not certain yet
        game = self._replay.game(state.rules.game_slug)
        if game is None:
            log.error("room_not_opened", extra={"tournament": state.id, "game": state.rules.game_slug})
            return False
        self._replay.fresh(game, state)
        return True

    def _run_all(self, engine: Engine, now_us: int, turns: Turns) -> None:
        while (one := self._next(engine, now_us)) is not None:
            turns.append((one, self._run(engine, one)))

    def _next(self, engine: Engine, now_us: int) -> Input | None:
        """What comes next by its stamp: an input, or a moment that is settled."""
        wakes = engine.room.wakes
        one = self._inbox.next(wakes[0] * 1_000 if wakes else None)
        if one is not None or not wakes:
            return one
        if self._inbox.is_settled(engine.room, wakes[0], now_us):
            return Input(Kind.WAKE, now_us, amount=wakes[0])
        if now_us >= wakes[0] * 1_000:
            self._feed.settle(wakes[0] * 1_000)
        return None

    def _run(self, engine: Engine, one: Input) -> Outcome:
        began_ms = self._clock.monotonic_ms()
        outcome = engine.run([one])
        took_ms = self._clock.monotonic_ms() - began_ms
        if took_ms > limits.ROOM_SLOW_TURN_MS:
            handler = one.word or Kind(one.kind).name.lower()
            fields = {"tournament": self._state.id, "game": engine.room.slug, "handler": handler}
            log.warning("slow_game", extra=fields | {"took_ms": took_ms})
        return outcome

    def _look_in_ms(self) -> int:
        """Seats are many: who is absent is looked at once a second."""
        return max(self._look_at_ms - self._clock.monotonic_ms(), 0)

    def _absent(self, engine: Engine, now_us: int) -> None:
        """What an owner infers: of a front end that is silent, and of players who stay away too long."""
        self._look_at_ms = self._clock.monotonic_ms() + limits.ROOM_LOOK_EVERY_MS
        for front_end in self._inbox.gone():
            self._feed.forget(front_end)
        for player, seat in self._inbox.silent(engine.room):
            self._inbox.infer(Kind.DROP, player, seat, now_us)
        for player, seat in engine.room.seats.items():
            away_us = seat.away_us
            if away_us is not None and now_us - away_us >= limits.ROOM_SEAT_GRACE_MS * 1_000:
                self._inbox.infer(Kind.AWAY, player, seat, now_us)

    def _close(self, engine: Engine, work: UnitOfWork, turns: Turns, now_us: int) -> None:
        """Put the batch into the unit of work, and remember whom to answer."""
        done, room = [one for one, _ in turns], engine.room
        whole = merged([outcome for _, outcome in turns])
        assert work.state is not None
        parcels = [
            parcel
            for one, answer in zip(done, whole.answers, strict=True)
            if (parcel := self._inbox.answered(one, answer)) is not None
        ]
        deliveries = [parcel.of for parcel in parcels]
        engine.delivered(deliveries)
        facts = counted_of(work.state, whole.facts)
        batch = Batch(
            slug=room.slug,
            version=engine.game.version,
            at_us=now_us,
            inputs=done,
            voided=whole.voided,
            digest=digest(engine, whole),
            facts=facts,
            credits=engine.credits_of(whole.touched),
            deliveries=deliveries,
            flight=room.flight,
            in_air=room.in_air,
            done=room.is_done,
            reveals=whole.reveals,
        )
        work.play(batch, now_us // 1_000)
        self._decided = _Decided(whole, parcels)

    def stored(self) -> None:
        """The commit is durable: answer and show what it decided."""
        decided, self._decided = self._decided, None
        engine = self._replay.engine
        if engine is None and self.patience.beacon_in_ms() is not None:
            self._feed.outdated()
            self.wanted.set()
        if decided is None or engine is None:
            return
        for parcel in decided.parcels:
            self._inbox.parcels.pop(parcel.of.front_end, None)
            parcel.tell(Done(codec.encode(parcel.answers)))
        outcome = decided.outcome
        self._feed.add(outcome.shown)
        self._feed.tell(engine.room, outcome.told, outcome.touched, outcome.unseated)
        self.wanted.set()

    # Time

    def due_in_ms(self) -> int | None:
        """When something must be done that no message will bring; None when nothing is waited for."""
        engine = self.engine
        if engine is None:
            return self.patience.due_in_ms()
        room, now_us = engine.room, self.clock.now_us()
        moments = [self._wake_in_ms(at_ms, now_us) for at_ms in room.wakes[:1]]
        moments += [self._look_in_ms()] if room.seats else []
        moments += self._view.due_in_ms(engine)
        return max(min(moments), 0) if moments else None

    def _wake_in_ms(self, moment_ms: int, now_us: int) -> int:
        """Until the moment; behind it, until front ends are waited for no longer."""
        if now_us < moment_ms * 1_000:
            return moment_ms - now_us // 1_000
        return -(-(self._inbox.patient_until_us(moment_ms) - now_us) // 1_000)

    def show(self) -> None:
        """Show what it is time for."""
        if (engine := self.engine) is not None:
            self._view.show(engine)

    def is_due(self) -> bool:
        """Whether a batch could be made now."""
        engine = self.engine
        if engine is None:
            return self.patience.why_given_up() is not None
        room, now_us = engine.room, self.clock.now_us()
        if room.wakes and now_us >= room.wakes[0] * 1_000:
            return True
        ends_play = self._state.room.is_done and self._state.status is Status.IN_PROGRESS
        return ends_play or (bool(room.seats) and self._look_in_ms() == 0)

    # Front ends

    async def news(self, poll: RoomPoll) -> RoomNews:
        """Wait for what is new. The promise of the front end may settle a moment."""
        self._inbox.promised(poll.front_end, poll.incarnation, poll.number, poll.watermark_us)
        if self._feed.settle_us and poll.watermark_us >= self._feed.settle_us:
            self.wanted.set()
        return await self._feed.news(poll, self.clock.now_us)

    def abandon(self, why: Unavailable) -> None:
        """This owner ends."""
        self._inbox.abandon(why)
        self._feed.wake()
        self.wanted.set()
