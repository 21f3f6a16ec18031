"""Bugs that were made in systems like this one. The simulator must find each of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from actors.owner import execute
from actors.owner.mailbox import tell
from actors.owner.owner import TournamentOwner
from actors.owner.unit_of_work import UnitOfWork
from actors.replies import Reply
from actors.requests import Tick
from actors.shared.routes import Routes
from actors.shared.shared_owner import SharedOwner
from server.domain.tournament.money import payouts
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.ports import StoreUnavailable
from tests.simulator.faults import FaultyStore
from workers.loops import settlement
from workers.signing import signed


def answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Callers are told before it is durable."""

    async def serve(self: TournamentOwner, waiting: Any) -> None:
        work = UnitOfWork(self.state, self.epoch, self._chain)
        for message, future in waiting:
            reply = await self._handle(work, message, {}, future)
            if reply is not None:
                tell(future, reply)
        await self._store(work)
        if any(isinstance(message, Tick) for message, _ in waiting):
            self.board.refresh(self.state, self._clock.now_ms())

    patch.setattr(TournamentOwner, "_serve", serve)


def frame_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The board is shown as it will be, if the commit succeeds."""
    store = TournamentOwner._store

    async def show_first(self: TournamentOwner, work: UnitOfWork) -> bool:
        self.board.refresh(self.state, self._clock.now_ms())
        return await store(self, work)

    patch.setattr(TournamentOwner, "_store", show_first)


def commands_apply_twice(patch: pytest.MonkeyPatch) -> None:
    """A repeated command is a new one."""

    async def request(self: TournamentOwner, work: UnitOfWork, request: Any, now_ms: int, paid: Any) -> Reply:
        return execute.run(work, request, now_ms)

    patch.setattr(TournamentOwner, "_order", request)


def facts_apply_twice(patch: pytest.MonkeyPatch) -> None:
    """A repeated fact is forgotten to be known after a recovery."""
    decode = codec.decode_checkpoint

    def forgetful(data: bytes) -> tuple[Tournament, bytes]:
        state, room = decode(data)
        state.seen = set()
        return state, room

    patch.setattr(codec, "decode_checkpoint", forgetful)


def no_epoch_check(patch: pytest.MonkeyPatch) -> None:
    """Whoever commits may."""
    patch.setattr(FaultyStore, "_owned", lambda self, name, epoch, head=None: self._tournaments[name])


def payout_id_with_rank(patch: pytest.MonkeyPatch) -> None:
    """The line's name changes with the place."""
    prize = payouts._prize

    def named_by_place(line: Any, state: Tournament, at_ms: int) -> Any:
        made = prize(line, state, at_ms)
        return replace(made, id=f"{made.id}-{line.position}")

    patch.setattr(payouts, "_prize", named_by_place)


def fresh_key_for_every_try(patch: pytest.MonkeyPatch) -> None:
    """The wallet is asked under a new key each time."""
    tries = iter(range(10**9))
    patch.setattr(settlement, "signed", lambda name, *rest: signed(f"{name}-{next(tries)}", *rest))


def keeps_an_unstored_state(patch: pytest.MonkeyPatch) -> None:
    """A failed commit is answered, and the owner goes on with what was not stored."""
    serve = TournamentOwner._serve

    async def go_on(self: TournamentOwner, waiting: Any) -> None:
        try:
            await serve(self, waiting)
        except StoreUnavailable:
            self.dirty = False

    patch.setattr(TournamentOwner, "_serve", go_on)


PLANTED: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    answer_before_commit,
    frame_before_commit,
    commands_apply_twice,
    facts_apply_twice,
    no_epoch_check,
    payout_id_with_rank,
    fresh_key_for_every_try,
    keeps_an_unstored_state,
)


def routes_are_remembered_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A caller goes on asking where a tournament has lived."""
    patch.setattr(Routes, "forget", lambda self, tournament_id: None)


def placements_are_not_given_away(patch: pytest.MonkeyPatch) -> None:
    """Who has moved out cannot be owned where it is."""
    patch.setattr(SharedOwner, "_activation", lambda self, tournament_id: None)


PLANTED_IN_A_CLUSTER: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    routes_are_remembered_for_ever,
    placements_are_not_given_away,
)
