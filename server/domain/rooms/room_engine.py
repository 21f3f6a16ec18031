"""`Engine.run(inputs) -> Outcome`: everything that changes a room. Deterministic: the same room, the same
inputs and the same chance give the same answers, facts and credits, byte for byte.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, assert_never

from server.domain.rooms import seats
from server.domain.rooms.arguments import Refused, read_arguments
from server.domain.rooms.desk import Desk
from server.domain.rooms.game import Game
from server.domain.rooms.inputs import Delivered, Input, Kind
from server.domain.rooms.outcome import Outcome, Tools
from server.domain.rooms.refusals import RoomCode
from server.domain.rooms.room import Answered, FrontEnd, Purse, Room
from server.domain.rooms.turns import Turn, Turns

_MOVE_DIGEST_BYTES: Final = 8
FRONT_ENDS_MAX: Final = 64
NESTED_MAX: Final = 16


class Engine:
    """A room with its game, which goes on with the state that the room has."""

    def __init__(self, room: Room, game: type[Game], tools: Tools) -> None:
        self.room = room
        self.game = game()
        if room.state is not None:
            self.game.state = room.state
        self._tools = tools
        self._moves = game.moves()
        self._turns = Turns(room, self.game, tools)

    def run(self, inputs: Sequence[Input], voided: Sequence[int] | None = None) -> Outcome:
        """Decide inputs in the order in which they are given. In a replay `voided` are those at which the game
        failed the first time: they fail again, whatever the game does now."""
        outcome = Outcome()
        for nth, one in enumerate(inputs):
            self.room.at_us = max(self.room.at_us, one.stamp_us)
            answer = self._take(one, outcome, nth, voided)
            outcome.answers.append(None if answer is None else self._tools.encode(answer))
            if one.kind == Kind.PLAY and answer is not None and "again" not in answer:
                self._remember(one, outcome.answers[-1] or b"")
        self.room.state = self.game.state
        return outcome

    def again(self, one: Input) -> bytes | None:
        """The answer to an input of a delivery that was decided before. Changes nothing."""
        seat, said = self.room.seats.get(one.player), None
        if one.kind == Kind.PLAY:
            said = self._repeated(one) or _refused(RoomCode.STALE_ID, one) | {"again": True}
        elif one.kind == Kind.JOIN and seat is not None and seat.connection == one.connection:
            last_id = self.room.answered[one.player].last_id
            said = {"type": "joined", "seat": seat.number, "lastId": last_id}
        elif one.kind == Kind.JOIN:
            said = _refused(RoomCode.SEAT_TAKEN_ELSEWHERE, one)
        return None if said is None else self._tools.encode(said)

    def delivered(self, deliveries: Sequence[Delivered]) -> None:
        """These deliveries are decided as wholes."""
        known = self.room.front_ends
        for one in deliveries:
            known.pop(one.front_end, None)
            known[one.front_end] = FrontEnd(one.incarnation, one.number)
        # Front ends come and go; one that was forgotten begins to count anew.
        while len(known) > FRONT_ENDS_MAX:
            del known[next(iter(known))]

    def credits_of(self, players: Iterable[int]) -> list[tuple[int, int, int]]:
        """(player, credits, stake) of those who are in the room, in order of number."""
        purses = self.room.purses
        return [(no, purses[no].credits, purses[no].stake) for no in sorted(players) if no in purses]

    def _take(
        self, one: Input, outcome: Outcome, nth: int, voided: Sequence[int] | None
    ) -> dict[str, Any] | None:
        turn = Turn(outcome, nth, None if voided is None else nth in voided)
        match Kind(one.kind):
            case Kind.PLAY:
                return self._play(one, turn)
            case Kind.JOIN:
                return self._join(one, outcome, turn)
            case Kind.LEAVE | Kind.DROP | Kind.AWAY:
                self._leave(one, turn)
            case Kind.OPENS | Kind.CLOSES | Kind.WAKE:
                self._clock(one, outcome, turn)
            case Kind.ENTERS | Kind.GETS | Kind.GOES:
                self._player(one, outcome, turn)
            case Kind.FLOOD:
                pass  # journaled, so that a trail of it remains
            case _ as other:
                assert_never(other)
        return None

    # Moves

    def _play(self, one: Input, turn: Turn) -> dict[str, Any]:
        known = self._repeated(one)
        if known is not None:
            return known
        try:
            made = self._decided(one, turn)
        except Refused as refused:
            return _refused(refused.code, one, **refused.more)
        stamp_ms = one.stamp_us // 1_000
        return {
            "type": "played",
            "id": one.move_id,
            "flight": self.room.flight,
            "stampMs": stamp_ms,
            "answer": made,
        }

    def _repeated(self, one: Input) -> dict[str, Any] | None:
        """The first answer again; or why an old id is no good."""
        answered = self._answered(one)
        if answered is None or one.move_id > answered.last_id:
            return None
        found = answered.find(one.move_id)
        if found is None:
            return _refused(RoomCode.STALE_ID, one) | {"again": True}
        if found[0] != _digest(one):
            return _refused(RoomCode.ID_REUSED, one) | {"again": True}
        return dict(self._tools.parse(found[1])) | {"again": True}

    def _remember(self, one: Input, answer: bytes) -> None:
        answered = self._answered(one)
        if answered is not None:
            answered.keep(one.move_id, _digest(one), answer)

    def _answered(self, one: Input) -> Answered | None:
        """What is remembered of the seat that a move names: the player's, or the one before it."""
        for known in (self.room.answered.get(one.player), self.room.former.get(one.player)):
            if known is not None and known.seat == one.seat:
                return known
        return None

    def _decided(self, one: Input, turn: Turn) -> dict[str, Any]:
        room = self.room
        seats.check(room, one)
        if one.stamp_us < room.settled_us:
            raise Refused(RoomCode.ARRIVED_TOO_LATE, settledMs=room.settled_us // 1_000)
        if one.flight != room.flight:
            raise Refused(RoomCode.FLIGHT_OVER, flight=room.flight)
        arguments = self._moves.get(one.word)
        if arguments is None:
            raise Refused(RoomCode.UNKNOWN_MOVE)
        given = read_arguments(arguments, self._parsed(one.body))
        move = getattr(self.game, one.word)
        call: Callable[[Desk], Any] = lambda desk: move(desk, one.player, **given)  # noqa: E731
        made = self._turns.take(turn, one.stamp_us, call, may_refuse=True)
        if turn.failed:
            raise Refused(RoomCode.GAME_FAILED)
        return dict(made or {})

    def _parsed(self, body: bytes) -> Mapping[str, Any]:
        """What a client sent. How deep it may nest is counted, not tried: a stack is not the same in a
        replay."""
        try:
            if body.count(b"{") + body.count(b"[") <= NESTED_MAX:
                return self._tools.parse(body or b"{}")
        except (ValueError, ArithmeticError):
            pass
        raise Refused(RoomCode.BAD_ARGUMENTS, reason="must be an object of plain values")

    # Seats

    def _join(self, one: Input, outcome: Outcome, turn: Turn) -> dict[str, Any]:
        try:
            taken = seats.take(self.room, one)
        except Refused as refused:
            return _refused(refused.code, one, **refused.more)
        if taken.unseated is not None:
            outcome.unseated.append(taken.unseated)
        call = self.game.joins if taken.is_new else self.game.back
        self._turns.take(turn, one.stamp_us, lambda desk: call(desk, one.player))
        outcome.touched.add(one.player)
        answered = self.room.answered[one.player]
        return {"type": "joined", "seat": taken.seat.number, "lastId": answered.last_id}

    def _leave(self, one: Input, turn: Turn) -> None:
        seat = self.room.seats.get(one.player)
        if seat is None or (seat.front_end, seat.connection) != (one.front_end, one.connection):
            return
        if one.kind == Kind.DROP:
            seat.away_us = one.stamp_us
            self._turns.take(turn, one.stamp_us, lambda desk: self.game.dropped(desk, one.player))
            return
        del self.room.seats[one.player]
        self._turns.take(turn, one.stamp_us, lambda desk: self.game.leaves(desk, one.player))

    # The clock and the tournament

    def _clock(self, one: Input, outcome: Outcome, turn: Turn) -> None:
        room = self.room
        if one.kind == Kind.WAKE:
            room.settled_us = max(room.settled_us, one.amount * 1_000)
            room.wakes = [at_ms for at_ms in room.wakes if at_ms > one.amount]
            self._turns.take(turn, one.stamp_us, self.game.ticks)
        elif one.kind == Kind.CLOSES:
            self._turns.void(outcome)
            room.closed, room.is_open = one.word, False
        else:
            self._open(one, turn)

    def _open(self, one: Input, turn: Turn) -> None:
        room = self.room
        for player in one.players:
            self._give(player, room.settings["starting_credits"])
        room.salt = one.word or room.salt
        room.is_open = True
        room.from_ms, room.bell_ms = one.from_ms, one.amount
        if not room.in_air:
            room.wakes, room.shows = [], []  # of the round before
            self._turns.take(turn, one.stamp_us, self.game.opens)

    def _player(self, one: Input, outcome: Outcome, turn: Turn) -> None:
        outcome.touched.add(one.player)
        if one.kind == Kind.GOES:
            self._put_out(one, turn)
            return
        if one.word == "replaces" and (purse := self.room.purses.get(one.player)) is not None:
            self.room.totals.lost += purse.credits
            purse.credits = 0
        self._give(one.player, one.amount)
        self.room.purses[one.player].out = None
        if self.room.is_open:
            self._turns.take(turn, one.stamp_us, lambda desk: self.game.gets(desk, one.player, one.amount))

    def _put_out(self, one: Input, turn: Turn) -> None:
        purse = self.room.purses.get(one.player)
        if purse is None:
            return
        purse.credits, purse.stake, purse.out = purse.credits + purse.stake, 0, one.word
        self.room.seats.pop(one.player, None)
        if self.room.is_open:
            self._turns.take(turn, one.stamp_us, lambda desk: self.game.goes(desk, one.player, one.word))

    def _give(self, player: int, amount: int) -> None:
        purse = self.room.purses.setdefault(player, Purse(0))
        purse.credits += amount
        self.room.totals.given += amount


def _refused(error: str, one: Input, **detail: Any) -> dict[str, Any]:
    """A refusal as the client reads it; without an id it is about the seat."""
    move_id = one.move_id if one.kind == Kind.PLAY else None
    stamp_ms = one.stamp_us // 1_000
    return {"type": "refused", "id": move_id, "error": error, "stampMs": stamp_ms, "detail": detail}


def _digest(one: Input) -> bytes:
    """What tells a repetition of a move from another one with the same id."""
    text = f"{one.flight}:{one.word}:".encode() + one.body
    return blake2b(text, digest_size=_MOVE_DIGEST_BYTES).digest()
