"""Bugs of rooms. The simulator must find each of them."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.owner.room.inbox import Inbox
from actors.owner.room.room_host import RoomHost
from actors.owner.unit_of_work import UnitOfWork
from api.ws.room.stamps import StampClock
from pitboss_games.crash_classic import CrashClassic
from server.domain.rooms.inputs import Kind
from server.domain.rooms.room import Answered
from server.domain.rooms.room_engine import Engine
from server.domain.tournament.state import RoomRecord


def answers_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Players are told before it is durable."""
    step = RoomHost.step

    def told_at_once(self: RoomHost, work: UnitOfWork) -> None:
        step(self, work)
        self.stored()

    patch.setattr(RoomHost, "step", told_at_once)


def stamped_by_the_owner(patch: pytest.MonkeyPatch) -> None:
    """A move counts when its owner hears of it."""
    take = Inbox.next

    def late(self: Inbox, before_us: int | None) -> Any:
        one = take(self, before_us)
        return one and one._replace(stamp_us=max(one.stamp_us, self.clock.now_ms() * 1_000))

    patch.setattr(Inbox, "next", late)


def moments_are_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """The crash is settled when it is due, whoever still has something from before."""
    patch.setattr(Inbox, "is_settled", lambda self, room, moment_ms, now_us: now_us >= moment_ms * 1_000)


def what_was_heard_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A stamp goes by the clock alone, which may be behind what was shown already."""

    def stamp(self: StampClock) -> int:
        return self._clock.monotonic_ms() * 1_000 + self._offset_us - 120_000

    patch.setattr(StampClock, "stamp", stamp)


def answers_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A move that is sent again is a new one."""
    patch.setattr(Answered, "keep", lambda self, move_id, digest, answer: None)


def a_cash_out_pays_the_point(patch: pytest.MonkeyPatch) -> None:
    """Who leaves gets what the flight will reach."""
    patch.setattr(CrashClassic, "_here", lambda self, desk: self.state.point)


def a_rebuy_is_credited_twice(patch: pytest.MonkeyPatch) -> None:
    """Credits appear."""
    give = Engine._give

    def twice(self: Engine, player: int, amount: int) -> None:
        give(self, player, amount)
        if self.room.is_open:
            give(self, player, amount)

    patch.setattr(Engine, "_give", twice)


def drops_empty_the_purse(patch: pytest.MonkeyPatch) -> None:
    """A lost connection loses the stake."""
    leave = Engine._leave

    def lose(self: Engine, one: Any, turn: Any) -> None:
        leave(self, one, turn)
        if one.kind == Kind.DROP:
            self.room.purses[one.player].credits = 0

    patch.setattr(Engine, "_leave", lose)


def a_beacon_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """The room opens with the start, as if the salt were certain."""
    patch.setattr(RoomRecord, "awaits_beacon", property(lambda self: False))


PLANTED: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    answers_before_commit,
    stamped_by_the_owner,
    moments_are_not_waited_for,
    what_was_heard_is_forgotten,
    answers_are_forgotten,
    a_cash_out_pays_the_point,
    a_rebuy_is_credited_twice,
    drops_empty_the_purse,
    a_beacon_is_not_waited_for,
)
