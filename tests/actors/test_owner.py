"""Owners on memory stores: durable before answered, once only, recovered from anything."""

import asyncio
import pickle
from dataclasses import replace
from typing import Any

import pytest

from actors.fact_batcher import FactBatcher
from actors.local_directory import LocalDirectory
from actors.player_history import trace_of, with_history
from actors.replies import (
    BoardAnswer,
    Done,
    EntryAnswer,
    Frames,
    Place,
    Refused,
    TournamentAnswer,
    TraceBasis,
    Unavailable,
)
from actors.requests import (
    CommandRequest,
    Poll,
    ReadBoard,
    ReadPlaces,
    ReadSummary,
    ReadTraceBasis,
    ReportFacts,
)
from config import limits, owner_limits
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import commands
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.summary import Summary
from server.encoding import codec
from server.ports import BlockRow, Commit, StoreUnavailable
from server.storage.memory.store import MemoryStore
from tests.support.builders import HOUR_MS, TENANT, TOURNAMENT, command_request, create, points, register
from tests.support.clock import ManualClock, settle


class FlakyStore(MemoryStore):
    """Fails the next commits: before they are stored, or after, when the answer is lost."""

    fail_before = 0
    fail_after = 0

    async def commit(self, commit: Commit) -> None:
        if self.fail_before:
            self.fail_before -= 1
            raise StoreUnavailable("planted before")
        await super().commit(commit)
        if self.fail_after:
            self.fail_after -= 1
            raise StoreUnavailable("planted after")


class Scene:
    """A store, a clock, a directory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FlakyStore(self.clock)
        self.directory = LocalDirectory(self.store, self.clock)
        self.courier = FactBatcher(self.directory)

    async def ask(self, message: Any, cls: Any = None) -> Any:
        """Ask while time goes on, so that retries happen."""
        task = asyncio.create_task(self.directory.ask(TOURNAMENT, message))
        reply = await self.through(task)
        return codec.decode(reply.value, cls) if cls is not None else reply

    async def through(self, task: asyncio.Task[Any]) -> Any:
        for _ in range(400):
            if task.done():
                break
            await self.clock.advance(100)
        return await task

    async def playing(self, *users: str) -> "Scene":
        await self.directory.create(command_request(create()))
        for user in users:
            assert isinstance(await self.ask(command_request(register(user))), Done)
        await self.ask(command_request(commands.Start()))
        return self

    async def send(self, *facts: Any) -> list[Outcome]:
        task = asyncio.create_task(self.courier.send(TOURNAMENT, list(facts)))
        outcomes = await self.through(task)
        assert isinstance(outcomes, list), outcomes
        return outcomes

    def state(self) -> Any:
        owner = self.directory.host(TOURNAMENT)._owner
        assert owner is not None
        return owner.state


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_an_order_is_stored_when_it_is_answered(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    answer = await scene.ask(command_request(register("ann")), EntryAnswer)
    assert answer.entry.user_id == "ann" and answer.summary.players == 1
    summary = await scene.store.find(TENANT, TOURNAMENT)
    assert summary is not None and summary.players == 1


async def test_a_repeated_command_gets_the_first_answer_and_a_reused_one_is_refused(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    first = await scene.ask(command_request(register("ann"), "cmd", b"x"))
    await scene.ask(command_request(register("ben")))
    again = await scene.ask(command_request(register("ann"), "cmd", b"x"))
    assert again == Done(first.value, replayed=True)
    reused = await scene.ask(command_request(register("cid"), "cmd", b"y"))
    assert isinstance(reused, Refused) and reused.code == "idempotency_key_reused"


async def test_concurrent_twins_get_one_effect_and_one_answer(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    twins = [scene.directory.ask(TOURNAMENT, command_request(register("ann"), "cmd")) for _ in range(200)]
    values = {reply.value for reply in await asyncio.gather(*twins)}  # type: ignore[union-attr]
    assert len(values) == 1
    assert (await scene.ask(ReadSummary(), Summary)).players == 1


async def test_creating_twice_with_one_id_gives_one_tournament(scene: Scene) -> None:
    orders = [command_request(create(), "born") for _ in range(5)]
    replies = await asyncio.gather(*(scene.directory.create(one) for one in orders))
    assert len({reply.value for reply in replies}) == 1  # type: ignore[union-attr]
    other = await scene.directory.create(command_request(create(), "born-otherwise"))
    assert isinstance(other, Refused)


async def test_at_a_cap_racing_registrations_sell_exactly_the_places_left(scene: Scene) -> None:
    await scene.directory.create(command_request(create(max_players=7)))
    racing = [scene.directory.ask(TOURNAMENT, command_request(register(f"u{n}"))) for n in range(60)]
    replies = await asyncio.gather(*racing)
    assert sum(isinstance(reply, Done) for reply in replies) == 7
    assert {r.code for r in replies if isinstance(r, Refused)} == {"tournament_full"}


async def test_a_batch_of_a_hundred_facts_is_one_call_and_one_commit(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    calls, commits = scene.directory.calls, scene.store.commits
    facts = [points(f"f{n}", "ann" if n % 2 else "ben", 1) for n in range(100)]
    assert await scene.send(*facts) == [Outcome.ACCEPTED] * 100
    assert (scene.directory.calls - calls, scene.store.commits - commits) == (1, 1)


async def test_facts_of_many_concurrent_single_requests_share_calls_and_commits(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    calls, commits = scene.directory.calls, scene.store.commits
    await asyncio.gather(*(scene.courier.send(TOURNAMENT, [points(f"f{n}", "ann", 1)]) for n in range(500)))
    assert scene.directory.calls - calls <= 3
    assert scene.store.commits - commits <= 3
    assert scene.state().facts_counted == 500


async def test_orders_that_wait_together_share_a_commit(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    await scene.ask(ReadSummary())
    commits = scene.store.commits
    await asyncio.gather(
        *(scene.directory.ask(TOURNAMENT, command_request(register(f"u{n}"))) for n in range(50))
    )
    assert scene.store.commits - commits <= 2


@pytest.mark.parametrize("moment", ["fail_before", "fail_after"])
async def test_a_failed_commit_loses_nothing_and_counts_nothing_twice(scene: Scene, moment: str) -> None:
    await scene.playing("ann", "ben")
    setattr(scene.store, moment, 2)
    told = await scene.send(points("a", "ann", 3), points("b", "ben", 2))
    expected = Outcome.ACCEPTED if moment == "fail_before" else Outcome.DUPLICATE
    assert told == [expected] * 2
    board = await scene.ask(ReadBoard(0, 9), BoardAnswer)
    assert [(row.user_id, row.points) for row in board.rows] == [("ann", 30_000), ("ben", 20_000)]
    assert board.epoch > 1


async def test_an_order_whose_answer_was_lost_is_answered_on_retry(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    scene.store.fail_after = 1
    answer = await scene.ask(command_request(register("ann")), EntryAnswer)
    assert answer.entry.user_id == "ann"
    assert (await scene.ask(ReadSummary(), Summary)).players == 1


async def test_when_the_store_stays_away_the_caller_is_told_at_the_deadline(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    scene.store.fail_before = 10_000
    reply = await scene.ask(command_request(commands.Finish()))
    assert isinstance(reply, Unavailable)
    scene.store.fail_before = 0
    assert (
        await scene.ask(command_request(commands.Finish()), TournamentAnswer)
    ).summary.status is Status.COMPLETED


async def test_an_older_owner_gives_up_and_its_callers_are_served_by_the_newer_one(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    first = (await scene.ask(ReadBoard(0, 1), BoardAnswer)).epoch
    rival = LocalDirectory(scene.store, scene.clock, "rival")
    assert isinstance(await rival.ask(TOURNAMENT, ReadSummary()), Done)
    assert await scene.send(points("a", "ann", 1)) == [Outcome.ACCEPTED]
    board = await scene.ask(ReadBoard(0, 1), BoardAnswer)
    assert board.epoch > first + 1 and board.rows[0].points == 10_000
    await rival.close()


async def test_recovery_gives_the_same_state_with_and_without_checkpoints(scene: Scene) -> None:
    await scene.playing("ann", "ben", "cid")
    for n in range(20):
        await scene.send(points(f"f{n}", "ann" if n % 3 else "cid", n))
    digest = codec.state_digest(scene.state())
    await scene.directory.close()
    assert (await scene.store.checkpoints(TOURNAMENT))[0].seq == 26
    for forget in (False, True):
        if forget:
            scene.store._tournaments[TOURNAMENT].checkpoints.clear()
        scene.directory = LocalDirectory(scene.store, scene.clock)
        await scene.ask(ReadSummary())
        assert codec.state_digest(scene.state()) == digest
        await scene.directory.close()


async def test_a_damaged_checkpoint_only_costs_time(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    await scene.send(points("a", "ann", 1))
    digest = codec.state_digest(scene.state())
    await scene.directory.close()
    stored = scene.store._tournaments[TOURNAMENT]
    broken = stored.checkpoints[-1]
    stored.checkpoints[-1] = type(broken)(broken.seq, broken.digest, broken.chain, b"x" + broken.payload[1:])
    scene.directory = LocalDirectory(scene.store, scene.clock)
    await scene.ask(ReadSummary())
    assert codec.state_digest(scene.state()) == digest
    await scene.directory.close()


async def test_duplicates_are_found_after_a_restart_and_so_are_commands(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    rebuy = command_request(commands.Cancel("x"), "cancel-1")
    await scene.send(points("a", "ann", 1))
    await scene.directory.close()
    scene.directory = LocalDirectory(scene.store, scene.clock)
    scene.courier = FactBatcher(scene.directory)
    assert await scene.send(points("a", "ann", 1)) == [Outcome.DUPLICATE]
    first = await scene.ask(rebuy)
    await scene.directory.close()
    scene.directory = LocalDirectory(scene.store, scene.clock)
    assert await scene.ask(rebuy) == Done(first.value, replayed=True)


async def test_an_idle_open_tournament_is_passivated_and_comes_back(scene: Scene) -> None:
    await scene.directory.create(command_request(create(start_at_ms=scene.clock.now_ms() + 24 * HOUR_MS)))
    await scene.ask(command_request(register("ann")))
    first = scene.directory.host(TOURNAMENT)._owner.epoch  # type: ignore[union-attr]
    await scene.clock.advance(limits.PASSIVATE_AFTER_MS + 10_000)
    assert scene.directory._hosts == {}
    assert (await scene.ask(ReadSummary(), Summary)).players == 1
    assert scene.directory.host(TOURNAMENT)._owner.epoch > first  # type: ignore[union-attr]


async def test_a_tournament_in_play_stays(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    await scene.clock.advance(limits.PASSIVATE_AFTER_MS + 10_000)
    assert list(scene.directory._hosts) == [TOURNAMENT]


async def test_a_busy_owner_keeps_checkpoints(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    await scene.send(points("a", "ann", 1))
    assert await scene.store.checkpoints(TOURNAMENT) == []
    scene.clock.jump(limits.CHECKPOINT_EVERY_MS)
    await scene.send(points("b", "ann", 1))
    await settle()
    assert len(await scene.store.checkpoints(TOURNAMENT)) == 1


async def test_an_unknown_tournament_is_refused_and_leaves_no_owner(scene: Scene) -> None:
    reply = await scene.directory.ask("nowhere", ReadSummary())
    assert isinstance(reply, Refused) and reply.code == "tournament_not_found"
    assert scene.directory._hosts == {}


async def test_the_clock_is_caught_up_before_anything_else(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    await scene.send(points("a", "ann", 1))
    scene.clock.jump(HOUR_MS)
    assert await scene.send(points("b", "ann", 1)) == [Outcome.AFTER_BELL]
    assert (await scene.store.find(TENANT, TOURNAMENT)).status is Status.COMPLETED  # type: ignore[union-attr]


async def test_places_name_the_gap_to_the_next_prize(scene: Scene) -> None:
    await scene.playing(*(f"u{n}" for n in range(5)))
    await scene.send(*(points(f"f{n}", f"u{n}", 10 * (5 - n)) for n in range(5)))
    places = await scene.ask(ReadPlaces((0, 1, 4, 99)), list[Place])
    assert [(p.player_no, p.position, p.to_next_prize, p.prize_minor) for p in places] == [
        (0, 1, None, 2_500),
        (1, 2, 100_000, 1_500),
        (4, 5, 200_000, 0),
    ]


async def test_a_poll_gets_a_snapshot_then_only_what_changed(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    first = await scene.directory.frames(TOURNAMENT, Poll("fe", 3))
    assert isinstance(first, Frames) and first.snapshot and not first.contiguous and first.sockets == 3
    waiting = asyncio.create_task(scene.directory.frames(TOURNAMENT, Poll("fe", 3, first.epoch, first.seq)))
    await scene.send(points("a", "ben", 5))
    await scene.clock.advance(limits.TICK_MS * 2)
    news = await waiting
    assert isinstance(news, Frames) and news.contiguous
    assert [kind for _, kind, _ in news.frames] == ["delta"]


class Listener:
    """A carrier that notes what of the log was stored when something was published."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.heard: list[tuple[bytes, int]] = []

    async def publish(self, tournament_id: str, data: bytes) -> bool:
        stored = self.store._tournaments[TOURNAMENT].log
        self.heard.append((data, sum(isinstance(row, BlockRow) for row in stored)))
        return True


@pytest.mark.parametrize("moment", ["fail_before", "fail_after"])
async def test_a_frame_never_shows_what_is_not_stored(scene: Scene, moment: str) -> None:
    """A crash between apply and commit, and one between commit and frame."""
    listener = Listener(scene.store)
    scene.directory._process = replace(scene.directory._process, publisher=listener)
    await scene.playing("ann", "ben")
    first = await scene.directory.frames(TOURNAMENT, Poll("fe", 1))
    assert isinstance(first, Frames)
    setattr(scene.store, moment, 1)
    poll = asyncio.create_task(scene.directory.frames(TOURNAMENT, Poll("fe", 1, first.epoch, first.seq)))
    sent = asyncio.create_task(scene.courier.send(TOURNAMENT, [points("a", "ben", 5)]))
    await settle()
    owner = scene.directory.host(TOURNAMENT)._owner
    assert owner is None or b'"points":5' not in owner.board.snapshot
    told = await scene.through(sent)
    assert told == [Outcome.ACCEPTED if moment == "fail_before" else Outcome.DUPLICATE]
    await scene.through(poll)
    again = await scene.directory.frames(TOURNAMENT, Poll("fe", 1, first.epoch, first.seq))
    assert isinstance(again, Frames) and again.epoch > first.epoch and not again.contiguous
    await scene.send(points("b", "ann", 1))
    await scene.clock.advance(limits.TICK_MS * 2)
    shown = [stored for data, stored in listener.heard if b'"points":5' in data]
    assert shown and all(shown), "shown after it was stored, and only then"


@pytest.mark.unforeseen
async def test_a_carrier_that_breaks_its_word_stops_no_board(scene: Scene) -> None:
    class Broken:
        async def publish(self, tournament_id: str, data: bytes) -> bool:
            raise RuntimeError("never to be raised")

    scene.directory._process = replace(scene.directory._process, publisher=Broken())
    await scene.playing("ann", "ben")
    for n in range(3):
        await scene.directory.frames(TOURNAMENT, Poll("fe", 1, wait=False))
        await scene.send(points(f"f{n}", "ben", 5))
        await scene.clock.advance(limits.TICK_MS * 2)
    news = await scene.directory.frames(TOURNAMENT, Poll("fe", 1, wait=False))
    assert isinstance(news, Frames) and b'"points":15' in (news.snapshot or b"")


@pytest.mark.unforeseen
async def test_a_heart_and_checkpoints_that_fail_as_nobody_foresaw_end_no_owner(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("planted")

    await scene.playing("ann", "ben")
    host, beats = scene.directory.host(TOURNAMENT), []
    with monkeypatch.context() as planted:
        planted.setattr(scene.store, "heartbeat", broken)
        await scene.clock.advance(round(3_000 * owner_limits.HEARTBEAT_EVERY_S))
    beat_on = scene.store.heartbeat

    async def beat(*args: Any) -> bool:
        beats.append(args)
        return await beat_on(*args)

    monkeypatch.setattr(scene.store, "heartbeat", beat)
    await scene.clock.advance(round(3_000 * owner_limits.HEARTBEAT_EVERY_S))
    assert beats and not host.retired
    monkeypatch.setattr(scene.store, "save_checkpoint", broken)
    await scene.send(points("f1", "ben", 5))
    await host.retire()
    monkeypatch.undo()
    assert host.retired and scene.directory.host(TOURNAMENT) is not host
    assert await scene.send(points("f1", "ben", 5)) == [Outcome.DUPLICATE]


async def test_a_full_mailbox_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.playing("ann", "ben")
    monkeypatch.setattr(limits, "MAILBOX_DEPTH_MAX", 3)
    owner = scene.directory.host(TOURNAMENT)._owner
    assert owner is not None
    futures = [owner.submit(ReadSummary()) for _ in range(5)]
    replies = await asyncio.gather(*futures)
    assert [type(reply) for reply in replies] == [Done, Done, Done, Unavailable, Unavailable]


async def test_a_large_request_is_cut_into_calls_that_fit(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    calls = scene.directory.calls
    facts = [points(f"{'x' * 100}-{n}", "ann", 1) for n in range(1_000)]
    assert await scene.send(*facts) == [Outcome.ACCEPTED] * 1_000
    assert 2 <= scene.directory.calls - calls <= 3


async def test_orders_pickle() -> None:
    one = command_request(commands.Register("u", "p", "n"))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(one)) == one
    assert isinstance(one, CommandRequest)


async def test_at_a_cap_racing_rebuys_and_registrations_sell_exactly_the_places_left(scene: Scene) -> None:
    """Two of a user's three entries are left, and one of three places."""
    rules: dict[str, Any] = {
        "rebuy_enabled": True,
        "rebuy_fee_minor": 700,
        "max_entries_per_player": 3,
        "max_players": 3,
    }
    await scene.directory.create(command_request(create(late_registration_ms=HOUR_MS, **rules)))
    for user in ("ann", "ben"):
        await scene.ask(command_request(register(user)))
    await scene.ask(command_request(commands.Start()))
    rebuys = [
        scene.directory.ask(TOURNAMENT, command_request(commands.Rebuy("ann", paid_minor=700)))
        for _ in range(40)
    ]
    late = [scene.directory.ask(TOURNAMENT, command_request(register(f"late-{n}"))) for n in range(40)]
    replies = await asyncio.gather(*rebuys, *late)
    sold = [isinstance(reply, Done) for reply in replies]
    assert (sum(sold[:40]), sum(sold[40:])) == (2, 1)
    codes = {reply.code for reply in replies if isinstance(reply, Refused)}
    assert codes == {"rebuy_limit_reached", "tournament_full"}
    summary = await scene.ask(ReadSummary(), Summary)
    assert (summary.players, summary.collected_minor) == (3, 3 * 1_000 + 2 * 700)


async def test_a_void_with_its_history_takes_in_what_came_since(scene: Scene) -> None:
    """The front end read the journal; facts came in before the void and with it, and another one behind it."""
    await scene.playing("ann", "ben")
    first = await scene.directory.ask(TOURNAMENT, facts_of(points("1", "ann", 5), points("2", "ann", 3)))
    assert first == Done(bytes([Outcome.ACCEPTED] * 2))
    void = await with_history(
        scene.store, TOURNAMENT, commands.Correct("void", "rolled back", event_id="1"), None
    )
    assert void.history is not None and void.player_no == 0
    await scene.directory.ask(TOURNAMENT, facts_of(points("3", "ann", 2), points("4", "ben", 1)))
    waiting = [
        scene.directory.ask(TOURNAMENT, message)
        for message in (
            facts_of(points("5", "ann", 1)),
            command_request(void),
            facts_of(points("6", "ann", 1)),
        )
    ]
    _, voided, _ = await asyncio.gather(*waiting)
    assert isinstance(voided, Done)
    answer = codec.decode(voided.value, EntryAnswer)
    assert answer.points_after == 6 * 10_000
    board = await scene.ask(ReadBoard(0, 9), BoardAnswer)
    assert board.rows[0].points == 7 * 10_000
    basis = await scene.ask(ReadTraceBasis("ann"), TraceBasis)
    lines = await trace_of(scene.store, TOURNAMENT, basis)
    told = [(line.why, line.points) for line in lines]
    assert told == [("voided", 0), *(("counted", n * 10_000) for n in (3, 2, 1, 1))]
    again = await with_history(scene.store, TOURNAMENT, commands.Correct("void", "twice", event_id="1"), 0)
    assert await scene.directory.ask(TOURNAMENT, command_request(again)) == Refused(
        "fact_not_found", "No fact with this id counts in this tournament", {"event_id": "1"}
    )
    await scene.directory.close()
    scene.directory = LocalDirectory(scene.store, scene.clock)
    assert (await scene.ask(ReadBoard(0, 9), BoardAnswer)).rows[0].points == 7 * 10_000


def facts_of(*facts: Fact) -> ReportFacts:
    return ReportFacts(codec.encode_facts(list(facts)))


async def test_a_race_is_over_with_the_batch_that_reaches_the_target(scene: Scene) -> None:
    race = Scoring("race_to_target", target=5 * 10_000)
    await scene.directory.create(command_request(create(scoring=race)))
    for user in ("ann", "ben"):
        await scene.ask(command_request(register(user)))
    await scene.ask(command_request(commands.Start()))
    await scene.through(asyncio.create_task(scene.courier.send(TOURNAMENT, [points("1", "ann", 5)])))
    listed = await scene.store.find(TENANT, TOURNAMENT)
    assert listed is not None and listed.status is Status.COMPLETED


async def test_a_store_that_takes_a_checkpoint_slowly_holds_nobody_up(scene: Scene) -> None:
    await scene.playing("ann", "ben")
    asked, may_go = asyncio.Event(), asyncio.Event()
    save = scene.store.save_checkpoint

    async def slowly(*args: Any) -> None:
        asked.set()
        await may_go.wait()
        await save(*args)

    scene.store.save_checkpoint = slowly  # type: ignore[method-assign, assignment]
    scene.clock.jump(limits.CHECKPOINT_EVERY_MS)
    await scene.send(points("a", "ann", 1))
    await settle()
    assert asked.is_set()
    assert await scene.send(points("b", "ann", 1)) == [Outcome.ACCEPTED]
    may_go.set()
    await scene.directory.close()
    kept = await scene.store.checkpoints(TOURNAMENT)
    assert len(kept) == 2, "as it was when it began, and as it is at the end"
