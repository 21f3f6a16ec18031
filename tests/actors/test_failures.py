"""A mistake inside an owner, and an owner that is none any more: callers are told so, others do not suffer."""

import asyncio
from typing import Any

import pytest

from actors.owner import execute, unit_of_work
from actors.replies import BoardAnswer, Done, Failed, Frames, Refused, Unavailable
from actors.requests import (
    Poll,
    PreviewCancel,
    ReadBoard,
    ReadSummary,
)
from config import limits, owner_limits
from server.domain.scoring.fact import Outcome
from server.domain.tournament import commands, events
from server.domain.tournament.decide import decide
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.facts import count
from server.domain.tournament.summary import Summary
from server.ports import StoreUnavailable
from tests.actors.test_owner import Scene, facts_of
from tests.support.builders import HOUR_MS, TENANT, TOURNAMENT, command_request, create, points, register


@pytest.fixture
def scene() -> Scene:
    return Scene()


def breaks_for(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    """Recording an event that is `wrong` raises, as a bug of ours would."""
    record = unit_of_work.UnitOfWork.record

    def record_or_raise(self: Any, event: Any, at_ms: int, actor: str) -> Any:
        if wrong(event):
            raise ZeroDivisionError("planted")
        return record(self, event, at_ms, actor)

    monkeypatch.setattr(unit_of_work.UnitOfWork, "record", record_or_raise)


@pytest.mark.unforeseen
async def test_a_rule_that_raises_fails_once_and_keeps_state_and_owner(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.playing("ann", "ben")
    epoch = scene.directory.host(TOURNAMENT)._owner.epoch  # type: ignore[union-attr]

    def raises(*_: Any) -> Any:
        raise KeyError("planted")

    monkeypatch.setattr(execute, "decide", lambda state, command, now: (
        raises() if isinstance(command, commands.Rebuy) else decide(state, command, now)
    ))  # fmt: skip
    assert await scene.ask(command_request(commands.Rebuy("ann"))) == Failed("KeyError")
    assert scene.directory.host(TOURNAMENT)._owner.epoch == epoch  # type: ignore[union-attr]
    assert (await scene.ask(ReadSummary(), Summary)).players == 2
    (line,) = [one for one in caplog.records if one.getMessage() == "command_failed"]
    assert vars(line)["kind"] == "Rebuy"


@pytest.mark.unforeseen
async def test_an_event_that_cannot_be_recorded_fails_its_own_request_alone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together with others: they are served, one by one, after a recovery."""
    await scene.directory.create(command_request(create()))
    await scene.ask(command_request(register("first")))
    breaks_for(monkeypatch, lambda event: isinstance(event, events.Registered) and event.user_id == "wrong")
    users = ["ann", "ben", "wrong", "cid", "dan"]
    asked = [
        asyncio.create_task(scene.directory.ask(TOURNAMENT, command_request(register(user), f"c-{user}")))
        for user in users
    ]
    replies = [await scene.through(task) for task in asked]
    assert [type(reply) for reply in replies] == [Done, Done, Failed, Done, Done]
    assert (await scene.ask(ReadSummary(), Summary)).players == 5
    assert await scene.ask(command_request(register("wrong"))) == Failed("ZeroDivisionError")


@pytest.mark.unforeseen
async def test_facts_that_break_the_owner_do_not_take_others_with_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.playing("ann", "ben")

    def breaks(state: Any, block: Any, digests: Any = None) -> None:
        if any(one.fact.event_id == "bad" for one in block):
            raise OverflowError("planted")
        count(state, block, digests)

    monkeypatch.setattr(unit_of_work, "count", breaks)
    good, bad = [points("good", "ann", 1)], [points("bad", "ben", 1)]
    told = [asyncio.create_task(scene.courier.send(TOURNAMENT, one)) for one in (good, bad)]
    outcomes = [await scene.through(task) for task in told]
    assert outcomes[0] == [Outcome.ACCEPTED] and isinstance(outcomes[1], Failed)


@pytest.mark.unforeseen
async def test_a_step_of_the_schedule_that_cannot_be_recorded_blocks_nothing_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is due, it cannot be done: scores are corrected and the tournament can be cancelled all the same."""
    await scene.directory.create(command_request(create(duration_ms=HOUR_MS)))
    for user in ("ann", "ben"):
        await scene.ask(command_request(register(user)))
    await scene.ask(command_request(commands.Start()))
    breaks_for(monkeypatch, lambda event: isinstance(event, events.Completed))
    scene.clock.jump(HOUR_MS + 1_000)
    fix = commands.Correct("adjust", "by hand", "ann", points=10_000)
    assert isinstance(await scene.ask(command_request(fix)), Done)
    assert isinstance(await scene.ask(command_request(commands.Cancel("cannot be finished"))), Done)
    assert (await scene.ask(ReadSummary(), Summary)).status is Status.CANCELLED


@pytest.mark.unforeseen
async def test_a_step_is_tried_again_after_a_while(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.directory.create(command_request(create(duration_ms=HOUR_MS)))
    for user in ("ann", "ben"):
        await scene.ask(command_request(register(user)))
    await scene.ask(command_request(commands.Start()))
    with monkeypatch.context() as broken:
        breaks_for(broken, lambda event: isinstance(event, events.Completed))
        scene.clock.jump(HOUR_MS + 1_000)
        assert (await scene.ask(ReadSummary(), Summary)).status is Status.IN_PROGRESS
    await scene.clock.advance(limits.CAREFUL_MS)
    assert (await scene.ask(ReadSummary(), Summary)).status is Status.COMPLETED


async def fenced(scene: Scene) -> None:
    """Another owner somewhere has taken over; the one here does not know."""
    assert await scene.store.take_over(TOURNAMENT, "elsewhere") is not None


@pytest.mark.parametrize(
    "message",
    [
        ReadSummary(),
        PreviewCancel(),
        ReadBoard(0, 9, strong=True),
        command_request(commands.Rebuy("nobody")),
        command_request(commands.Start()),
    ],
)
async def test_a_fenced_owner_answers_nothing_that_claims_to_be_current(scene: Scene, message: Any) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    await host.ask(ReadSummary())
    await fenced(scene)
    assert isinstance(await host.ask(message), Unavailable)
    assert host.retired


async def test_a_fenced_owner_tells_no_outcome_of_facts(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    await fenced(scene)
    assert isinstance(await host.ask(facts_of(points("x", "nobody", 1))), Unavailable)


async def test_a_board_is_shown_under_a_lease_of_a_moment_ago(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    await fenced(scene)
    assert isinstance(await host.ask(ReadBoard(0, 9)), Done)
    scene.clock.jump(limits.LEASE_PROOF_MS)
    assert isinstance(await host.ask(ReadBoard(0, 9)), Unavailable)


async def test_an_owner_that_cannot_ask_the_store_lives_on_and_claims_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.playing("ann", "ben")
    host, owner = scene.directory.host(TOURNAMENT), scene.directory.host(TOURNAMENT)._owner

    async def away(*_: Any) -> bool:
        raise StoreUnavailable("planted")

    with monkeypatch.context() as broken:
        broken.setattr(scene.store, "holds", away)
        reply = await host.ask(command_request(commands.Rebuy("nobody")))
        assert isinstance(reply, Unavailable) and reply.store_away
    assert host._owner is owner
    assert isinstance(await host.ask(command_request(commands.Rebuy("nobody"))), Refused)


async def test_a_poll_that_has_seen_a_newer_owner_ends_the_older_one(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    shown = await host.frames(Poll("fe", 1))
    assert isinstance(shown, Frames)
    newer = await scene.store.take_over(TOURNAMENT, "elsewhere")
    assert isinstance(await host.frames(Poll("fe", 1, newer, 0)), Unavailable)
    assert host.retired


async def test_a_forged_epoch_ends_no_owner(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    told = await host.frames(Poll("fe", 1, 10**15, 10**9))
    assert isinstance(told, Frames) and told.snapshot is not None and not host.retired


async def test_a_database_that_was_set_back_is_noticed_within_a_beat(scene: Scene) -> None:
    """The same epoch, an older log: nobody writes, yet the board must not stay at what is lost."""
    await scene.playing("ann", "ben")
    await scene.send(points("kept", "ann", 1))
    stored = scene.store._tournaments[TOURNAMENT]
    log, epoch = list(stored.log), stored.epoch
    await scene.send(points("lost", "ann", 5))
    stored.log[:] = log
    assert stored.epoch == epoch
    await scene.clock.advance(round(owner_limits.HEARTBEAT_EVERY_S * 1_000) + 100)
    assert TOURNAMENT not in scene.directory._hosts
    board = await scene.ask(ReadBoard(0, 9), BoardAnswer)
    assert board.rows[0].points == 10_000
    assert await scene.send(points("lost", "ann", 5)) == [Outcome.ACCEPTED]
    assert (await scene.store.find(TENANT, TOURNAMENT)) is not None


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_000])
async def test_a_clock_that_is_set_neither_stops_boards_nor_owners(scene: Scene, step_ms: int) -> None:
    await scene.playing("ann", "ben")
    host = scene.directory.host(TOURNAMENT)
    shown = await host.frames(Poll("fe", 1))
    assert isinstance(shown, Frames)
    scene.clock.step(step_ms)
    await scene.send(points("a", "ann", 1))
    await scene.clock.advance(1_000)
    later = await host.frames(Poll("fe", 1, shown.epoch, shown.seq))
    assert isinstance(later, Frames) and later.seq > shown.seq and later.contiguous
