"""What every store must do, whoever implements it. Subclasses give a `store` fixture."""

import asyncio
import pickle
from dataclasses import replace
from typing import Any

import pytest

from actors.owner.execute import catch_up, run
from actors.owner.unit_of_work import UnitOfWork
from actors.requests import CommandRequest
from server.domain.ids import OperatorId, Tenant, TournamentId
from server.domain.rooms.beacon import QUICKNET
from server.domain.tournament import commands
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.play.facts import judge
from server.domain.tournament.rules.room_rules import RoomRules
from server.domain.tournament.rules.rules import rules_from
from server.domain.tournament.state import Tournament
from server.encoding import codec
from server.encoding.codec import CHAIN_START, chained
from server.journal.replay import checkpoint_of, read_state, replay
from server.ports import (
    AnswerRow,
    AuditEntry,
    BlockRow,
    Commit,
    EventRow,
    Fenced,
    GivenAnswer,
    Held,
    ListFilter,
    Misplaced,
    OwnerProcess,
    Placed,
    Raced,
    Recurrence,
    SilentOwner,
    Template,
    Wallet,
)
from tests.support.builders import NOW_MS, command_request, create, fields, points, register
from workers.commands.verify import all_tournaments, verify_tournament, verify_trail


class Writer:
    """Makes commits of a tournament the way its owner does."""

    def __init__(self, tournament_id: str, tenant: Tenant, **changes: Any) -> None:
        self.id = TournamentId(tournament_id)
        self.state: Tournament | None = None
        self.epoch = 0
        self.chain = CHAIN_START
        self.now_ms = NOW_MS
        self.first = self.commit(
            command_request(commands.Create(self.id, tenant, fields(**changes)), f"born-{tournament_id}")
        )

    def commit(self, *orders: CommandRequest[object], facts: tuple[Any, ...] = ()) -> Commit:
        """Decide, apply, seal."""
        work = UnitOfWork(self.state, self.epoch, self.chain)
        for one in orders:
            run(work, one, self.now_ms)
            catch_up(work, self.now_ms)
        if facts:
            assert work.state is not None
            work.count(judge(work.state, facts, self.now_ms), self.now_ms)
        commit = work.to_commit()
        self.state, self.chain = work.state, work.chain
        return commit


class StoreContract:
    """Journal and listings together: they are one transaction."""

    @pytest.fixture
    def tenant(self, request: pytest.FixtureRequest) -> Tenant:
        """A tenant of this test alone."""
        return Tenant(OperatorId(f"op_{request.node.name}"), live=True)

    @pytest.fixture
    def writer(self, tenant: Tenant) -> Writer:
        """A new tournament of this test alone."""
        return Writer(f"t-{tenant.operator_id}", tenant)

    async def played(self, store: Any, writer: Writer) -> None:
        """Born, owned, two players, started, two batches of facts with a rebuy between."""
        assert await store.begin(writer.first)
        writer.epoch = await store.take_over(writer.id, "test")
        await store.commit(writer.commit(command_request(register("ann")), command_request(register("ben"))))
        await store.commit(writer.commit(command_request(commands.Start())))
        await store.commit(writer.commit(facts=(points("1", "ann", 5), points("2", "ben", 7))))
        await store.commit(writer.commit(facts=(points("3", "ann", 2.5),)))

    async def test_a_birth_happens_once(self, store: Any, writer: Writer) -> None:
        assert await store.begin(writer.first) is True
        assert await store.begin(writer.first) is False
        assert await store.answer(writer.id, f"born-{writer.id}") is not None

    async def test_twins_are_born_once(self, store: Any, writer: Writer) -> None:
        born = await asyncio.gather(*(store.begin(writer.first) for _ in range(8)))
        assert sorted(born) == [False] * 7 + [True]

    async def test_nobody_owns_what_does_not_exist(self, store: Any) -> None:
        assert await store.take_over(TournamentId("nowhere"), "test") is None
        assert await store.silent_for_s(TournamentId("nowhere")) is None
        assert await store.answer(TournamentId("nowhere"), "any") is None

    async def test_the_tail_replays_to_the_state(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        state: Tournament | None = None
        chain = CHAIN_START
        async for row in store.tail(writer.id, 0):
            state = replay(state, row)
            seq = row.seq if isinstance(row, EventRow) else row.last_seq
            kind, actor = row.kind, row.actor if isinstance(row, EventRow) else ""
            chain = chained(chain, seq, kind, row.at_ms, row.payload, actor)
            assert row.hash == chain
        assert state is not None and writer.state is not None
        assert codec.state_digest(state) == codec.state_digest(writer.state)

    async def test_the_tail_starts_behind_a_position(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        rows = [row async for row in store.tail(writer.id, 5)]
        assert [type(row) for row in rows] == [BlockRow, BlockRow]
        assert [(row.first_seq, row.last_seq) for row in rows] == [(6, 7), (8, 8)]

    async def test_an_older_owner_is_refused_and_leaves_nothing(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        newer = await store.take_over(writer.id, "newer")
        assert newer > writer.epoch
        late = writer.commit(
            command_request(register("zoe")),
            command_request(commands.Finish()),
            facts=(points("9", "ann", 1),),
        )
        before = [row async for row in store.tail(writer.id, 0)]
        with pytest.raises(Fenced):
            await store.commit(late)
        assert [row async for row in store.tail(writer.id, 0)] == before
        assert writer.state is not None
        assert (await store.find(writer.state.tenant, writer.id)).status == "in_progress"
        with pytest.raises(Fenced):
            await store.save_checkpoint(writer.id, writer.epoch, checkpoint_of(writer.state, writer.chain))
        assert await store.heartbeat(writer.id, writer.epoch) is False
        assert await store.heartbeat(writer.id, newer) is True

    async def test_fighting_owners_never_write_in_turns(self, store: Any, writer: Writer) -> None:
        """Six owners steal from each other; stored epochs never go back and no position is lost."""
        assert await store.begin(writer.first)
        stored: list[int] = []

        async def fight(name: str) -> None:
            for turn in range(6):
                epoch = await store.take_over(writer.id, name)
                last = [row async for row in store.tail(writer.id, 0)][-1]
                seq = (last.seq if isinstance(last, EventRow) else last.last_seq) + 1
                row = EventRow(seq, "registration_opened", turn, name, b"{}", bytes(32))
                try:
                    await store.commit(Commit(writer.id, epoch, events=[row]))
                    stored.append(seq)
                except Fenced:
                    pass

        await asyncio.gather(*(fight(f"owner-{n}") for n in range(6)))
        seqs = [row.seq async for row in store.tail(writer.id, 2)]
        assert seqs == sorted(set(seqs)) == sorted(stored)
        assert seqs == list(range(3, 3 + len(seqs)))

    async def test_a_log_that_was_set_back_is_not_written_on(self, store: Any, writer: Writer) -> None:
        """The same epoch, and yet not the log that this owner knows."""
        await self.played(store, writer)
        head = writer.chain
        assert await store.holds(writer.id, writer.epoch, head) is True
        assert await store.heartbeat(writer.id, writer.epoch, head) is True
        writer.commit(facts=(points("lost", "ann", 1),))  # this owner stored it, a restored database forgot it
        late = writer.commit(facts=(points("late", "ann", 1),))
        with pytest.raises(Fenced):
            await store.commit(late)
        assert await store.holds(writer.id, writer.epoch, writer.chain) is False
        assert await store.heartbeat(writer.id, writer.epoch, writer.chain) is False
        assert await store.holds(writer.id, writer.epoch + 1, head) is False

    async def test_a_payment_pays_once(self, store: Any, writer: Writer, tenant: Tenant) -> None:
        assert await store.begin(writer.first)
        writer.epoch = await store.take_over(writer.id, "test")
        await store.commit(writer.commit(command_request(register("ann", payment_id="p1"))))
        used = await store.payments(tenant, ["p1", "p2"])
        assert used == {"p1": commands.PaymentUse(writer.id, "plr_ann", "entry")}
        assert await store.payments(Tenant(tenant.operator_id, live=False), ["p1"]) == {}
        head = writer.chain
        with pytest.raises(Raced):
            await store.commit(writer.commit(command_request(register("ben", payment_id="p1"))))
        assert await store.holds(writer.id, writer.epoch, head), "nothing was stored"

    async def test_an_external_id_goes_to_the_first_and_from_the_unborn(
        self, store: Any, tenant: Tenant
    ) -> None:
        writer = Writer("with-external-id", tenant, external_id="EXT")

        async def claim(tournament_id: str, now_ms: int = NOW_MS) -> str:
            told: str = await store.claim_external_id(tenant, "EXT", tournament_id, now_ms)
            return told

        assert await claim(writer.id) == await claim("second") == writer.id
        assert await claim("second", NOW_MS + 60_000) == "second", "the first one was never born"
        await store.release_external_id(tenant, "EXT", "third")
        assert await claim(writer.id, NOW_MS + 61_000) == "second"
        await store.release_external_id(tenant, "EXT", "second")
        assert await claim(writer.id, NOW_MS + 62_000) == writer.id
        assert await store.begin(writer.first)
        await store.release_external_id(tenant, "EXT", writer.id)
        assert await claim("second", NOW_MS + 3_600_000) == writer.id, "what is used is not given back"
        plain = Writer("without", tenant)
        assert await store.begin(plain.first)
        assert await store.claim_external_id(tenant, "LOST", plain.id, NOW_MS) == plain.id
        told = await store.claim_external_id(tenant, "LOST", "third", NOW_MS + 60_000)
        assert told == "third", "its change of rules was refused or lost"

    async def test_answers_are_kept_with_their_commit(self, store: Any, writer: Writer) -> None:
        assert await store.begin(writer.first)
        writer.epoch = await store.take_over(writer.id, "test")
        await store.commit(writer.commit(command_request(register("ann"), "cmd-a", b"hash")))
        row = await store.answer(writer.id, "cmd-a")
        assert row is not None and (row.command_id, row.input_hash) == ("cmd-a", b"hash")
        assert set(await store.command_ids(writer.id)) == {"cmd-a", f"born-{writer.id}"}

    async def test_the_newest_checkpoints_are_kept(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        kept = []
        for n in range(4):
            await store.commit(writer.commit(facts=(points(f"c{n}", "ann", 1),)))
            assert writer.state is not None
            kept.append(checkpoint_of(writer.state, writer.chain))
            await store.save_checkpoint(writer.id, writer.epoch, kept[-1])
            await store.save_checkpoint(writer.id, writer.epoch, kept[-1])
        assert await store.checkpoints(writer.id) == [kept[3], kept[2]]

    async def test_life_shows(self, store: Any, writer: Writer) -> None:
        assert await store.begin(writer.first)
        epoch = await store.take_over(writer.id, "test")
        silent = await store.silent_for_s(writer.id)
        assert silent is not None and silent < 60
        assert await store.heartbeat(writer.id, epoch) is True

    async def test_the_listing_row_follows_the_events(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        summary = await store.find(tenant, writer.id)
        assert (summary.status, summary.players, summary.collected_minor) == ("in_progress", 2, 2_000)

    async def test_a_foreign_tournament_is_a_missing_one(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        for stranger in (Tenant(OperatorId("op_x"), True), Tenant(tenant.operator_id, live=False)):
            assert await store.find(stranger, writer.id) is None
            assert await store.page(stranger, ListFilter(), 10, 0) == (0, [])
            assert await store.players(stranger, writer.id, 10, 0) == (0, [])
            assert await store.entry(stranger, writer.id, "ann") is None
            assert await store.results(stranger, writer.id, 10, 0) == (0, [])
            assert await store.history(stranger, writer.id, 0, 10) == []
            assert await store.balances(stranger, writer.id) == []

    async def test_filters_and_pages(self, store: Any, tenant: Tenant) -> None:
        for n in range(5):
            changes = {
                "start_at_ms": NOW_MS + (n + 1) * 1_000_000,
                "game_slug": f"game-{n % 2}",
                "external_id": f"ext-{n}",
            }
            changes |= {"format": "hop_on_off", "lobby": "l", "lobby_no": n} if n == 4 else {}
            assert await store.begin(Writer(f"{tenant.operator_id}-{n}", tenant, **changes).first)
        total, rows = await store.page(tenant, ListFilter(), 2, 1)
        assert total == 5
        assert [row.rules.start_at_ms for row in rows] == [NOW_MS + 4_000_000, NOW_MS + 3_000_000]
        assert (await store.page(tenant, ListFilter(game_slug="game-1"), 9, 0))[0] == 2
        assert (await store.page(tenant, ListFilter(statuses=("completed",)), 9, 0))[0] == 0
        assert (await store.page(tenant, ListFilter(statuses=("completed", "open")), 9, 0))[0] == 5
        assert (await store.page(tenant, ListFilter(format="hop_on_off"), 9, 0))[0] == 1
        _, found = await store.page(tenant, ListFilter(external_id="ext-3"), 9, 0)
        assert [row.rules.external_id for row in found] == ["ext-3"]
        window = ListFilter(start_from_ms=NOW_MS + 2_000_000, start_until_ms=NOW_MS + 3_000_000)
        assert (await store.page(tenant, window, 9, 0))[0] == 2

    async def test_entries_are_found_by_any_name_and_updated(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        await store.commit(writer.commit(command_request(commands.Remove("ben"))))
        total, rows = await store.players(tenant, writer.id, 1, 1)
        assert (total, rows[0].user_id, rows[0].removed) == (2, "ben", True)
        for name in ("ann", "plr_ann", f"TP_{writer.id}_plr_ann_0"):
            entry = await store.entry(tenant, writer.id, name)
            assert entry is not None and entry.player_no == 0
        assert await store.entry(tenant, writer.id, "nobody") is None

    async def test_results_history_and_ledger_of_a_finished_one(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        await store.commit(writer.commit(command_request(commands.Finish())))
        assert await store.results(tenant, writer.id, 10, 0) == (0, [])
        writer.now_ms += 5_000
        await store.commit(writer.commit(command_request(commands.Advance())))
        total, rows = await store.results(tenant, writer.id, 10, 0)
        assert total == 2
        assert [(r.user_id, r.points, r.prize_minor) for r in rows] == [
            ("ann", 75_000, 1_250),
            ("ben", 70_000, 750),
        ]
        history = await store.history(tenant, writer.id, 0, 100)
        assert [row.seq for row in history] == list(range(1, 10))
        assert [row.seq for row in await store.history(tenant, writer.id, 2, 2)] == [3, 4]
        balances = {line.account: line.balance_minor for line in await store.balances(tenant, writer.id)}
        assert balances == {"player:0": 250, "player:1": -250, "pool": 0}

    async def test_payouts_are_stored_claimed_once_and_moved(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        await store.commit(writer.commit(command_request(commands.Finish())))
        writer.now_ms += 5_000
        await store.commit(writer.commit(command_request(commands.Advance())))
        total, owed = await store.payouts(tenant, writer.id, (), 10, 0)
        assert total == 2
        assert [(o.row.user_id, o.row.payout.amount_minor) for o in owed] == [("ann", 1_250), ("ben", 750)]
        now_ms, until_ms = writer.now_ms, writer.now_ms + 60_000

        async def claim(at_ms: int) -> list[str]:
            found = await store.claim_payouts(at_ms, at_ms + 60_000, 10_000)
            return [one.row.user_id for one in found if one.row.tournament_id == writer.id]

        assert await claim(now_ms) == [], "without a wallet nobody pays by himself"
        await store.set_wallet(tenant, Wallet("https://wallet.example", ("whsec_x",)))
        taken = await asyncio.gather(*(claim(now_ms) for _ in range(4)))
        assert sorted(name for names in taken for name in names) == ["ann", "ben"], "each claimed once"
        assert (await store.payout(tenant, owed[0].row.payout.id)).claimed_until_ms == until_ms
        assert await claim(until_ms - 1) == [] and sorted(await claim(until_ms)) == ["ann", "ben"]
        await self._holds(store, tenant, writer.id, owed[0].row.payout.id, until_ms)
        first, second = (one.row.payout.id for one in owed)
        steps = (PayoutStep(first, "paid", "r-1"), PayoutStep(second, "retry_scheduled", None, "busy", 9))
        await store.commit(writer.commit(command_request(commands.Settle(steps))))
        _, moved = await store.payouts(tenant, writer.id, (), 10, 0)
        assert [(o.row.payout.state, o.claimed_until_ms) for o in moved] == [
            ("paid", None),
            ("retry_scheduled", None),
        ]
        assert (await store.payouts(tenant, None, ("paid",), 10, 0))[0] == 1
        assert await claim(until_ms) == ["ben"], "due again, and nobody has it"
        other = Tenant(OperatorId("op_stranger"), live=True)
        assert (
            await store.payout(other, first) is None and (await store.payouts(other, None, (), 9, 0))[0] == 0
        )
        assert await store.wallet(other) is None
        await store.set_wallet(tenant, None)
        assert await store.wallet(tenant) is None and await claim(until_ms + 99_000) == []

    async def _holds(self, store: Any, tenant: Tenant, name: str, payout_id: str, since_ms: int) -> None:
        """Nobody holds what is claimed, nobody claims what is held, and what was held is given back."""
        at_ms = since_ms + 60_000
        until_ms = at_ms + 90_000

        async def free() -> list[bool]:
            _, lines = await store.payouts(tenant, name, (), 10, 0)
            return [line.claimed_until_ms is None for line in lines]

        assert not await store.hold_payouts(tenant, name, None, at_ms - 1, until_ms), "a worker has them"
        assert await store.hold_payouts(tenant, name, payout_id, at_ms, until_ms)
        assert not await store.hold_payouts(tenant, name, None, at_ms, until_ms + 1), "one of them is held"
        _, lines = await store.payouts(tenant, name, (), 10, 0)
        (other,) = (line.row.payout.id for line in lines if line.row.payout.id != payout_id)
        assert await store.hold_payouts(tenant, name, other, at_ms, until_ms), "in the same millisecond"
        await store.release_payouts(tenant, name, other, until_ms)
        assert sorted(await free()) == [False, True], "the hold of another line stays"
        found = await store.claim_payouts(at_ms, at_ms + 180_000, 10_000)
        assert [one.row.payout.id == payout_id for one in found if one.row.tournament_id == name] == [False]
        await store.release_payouts(tenant, name, payout_id, until_ms)
        assert sorted(await free()) == [False, True]
        stranger = Tenant(OperatorId("op_stranger"), live=True)
        assert await store.hold_payouts(stranger, name, None, at_ms, until_ms)
        assert sorted(await free()) == [False, True], "a stranger holds nothing"

    async def test_what_is_due_comes_longest_overdue_first(self, store: Any, tenant: Tenant) -> None:
        soon = Writer(f"{tenant.operator_id}-soon", tenant, start_at_ms=NOW_MS + 1_000)
        late = Writer(f"{tenant.operator_id}-late", tenant, start_at_ms=NOW_MS + 9_000)
        for one in (late, soon):
            assert await store.begin(one.first)

        async def due(now_ms: int) -> list[str]:
            rows = await store.due(now_ms, 10_000)
            return [row.tournament_id for row in rows if row.tournament_id in (soon.id, late.id)]

        assert await due(NOW_MS) == []
        assert await due(NOW_MS + 1_000) == [soon.id]
        assert await due(NOW_MS + 9_000) == [soon.id, late.id]
        pages, after = [], None
        while rows := await store.due(NOW_MS + 9_000, 1, after):
            after = rows[-1]
            pages.append(after.tournament_id)
        assert [name for name in pages if name in (soon.id, late.id)] == [soon.id, late.id]

    async def test_who_waits_for_a_beacon_is_found_until_it_has_come(self, store: Any, tenant: Tenant) -> None:
        room = RoomRules((("starting_credits", 1_000),), 2_500, "00" * 32, 3_000, QUICKNET.name)
        writer = Writer(f"{tenant.operator_id}-room", tenant, room=room, min_players=1)
        assert await store.begin(writer.first)
        writer.epoch = await store.take_over(writer.id, "worker")

        async def waits() -> list[tuple[str, int]]:
            found = await store.awaiting_beacon(10_000)
            return [(one.beacon, one.number) for one in found if one.tournament_id == writer.id]

        assert await waits() == []
        await store.commit(writer.commit(command_request(register("ann"), "ann")))
        await store.commit(writer.commit(command_request(commands.Start(), "start")))
        number = QUICKNET.for_list_closed_at(NOW_MS)
        assert await waits() == [(QUICKNET.name, number)]
        taken = commands.TakeBeacon(number, "ab" * 48)
        await store.commit(writer.commit(command_request(taken, "beacon")))
        assert await waits() == []

    async def test_only_public_ones_are_public(self, store: Any, tenant: Tenant) -> None:
        shown = Writer(f"{tenant.operator_id}-shown", tenant, public=True)
        hidden = Writer(f"{tenant.operator_id}-hidden", tenant)
        for one in (shown, hidden):
            assert await store.begin(one.first)
        assert (await store.find_public(shown.id)).id == shown.id
        assert await store.find_public(hidden.id) is None
        total, found = await store.public(tenant, 10, 0)
        assert (total, [summary.id for summary in found]) == (1, [shown.id]), "of this tenant alone"
        assert await store.public(replace(tenant, live=False), 10, 0) == (0, [])

    async def test_what_is_overdue_is_told_once_a_step(self, store: Any, tenant: Tenant) -> None:
        writer = Writer(f"{tenant.operator_id}-late", tenant)
        assert await store.begin(writer.first)
        due_ms = NOW_MS + 3_600_000

        async def told(now_ms: int) -> list[Any]:
            found = await store.newly_overdue(now_ms - 60_000, now_ms)
            return [(row.tournament_id, row.due_ms) for of, row in found if of == tenant]

        assert await told(due_ms + 59_000) == []
        assert await told(due_ms + 61_000) == [(writer.id, due_ms)]
        assert await told(due_ms + 90_000) == []

    async def test_a_command_is_found_where_it_was_answered(self, store: Any, tenant: Tenant) -> None:
        writer = Writer(f"{tenant.operator_id}-asked", tenant)
        assert await store.begin(writer.first)
        assert await store.answered_in(tenant, f"born-{writer.id}") == writer.id
        assert await store.answered_in(replace(tenant, live=False), f"born-{writer.id}") is None
        assert await store.answered_in(tenant, "never") is None

    async def test_a_store_that_is_there_can_be_written(self, store: Any) -> None:
        await store.write_something(NOW_MS)

    async def test_an_answer_row_round_trips(self) -> None:
        row = AnswerRow("id", b"hash", b"answer")
        assert codec.decode(codec.encode(row), AnswerRow) == row

    async def test_a_create_command_is_plain_data(self) -> None:
        assert pickle.loads(pickle.dumps(create())) == create()

    async def test_a_keyed_request_is_claimed_once_and_answered_for_all(
        self, store: Any, tenant: Tenant
    ) -> None:
        claims = await asyncio.gather(*(store.claim(tenant, "k", b"hash", NOW_MS) for _ in range(20)))
        assert sorted(claim.mine for claim in claims) == [False] * 19 + [True]
        other = await store.claim(tenant, "k", b"other", NOW_MS)
        assert not other.mine and other.request_hash == b"hash"
        answer = GivenAnswer(b"hash", 201, b"{}")
        await store.keep(tenant, "k", answer)
        await store.keep(tenant, "k", GivenAnswer(b"hash", 500, b"late"))
        await store.release(tenant, "k")
        assert (await store.claim(tenant, "k", b"hash", NOW_MS + 10**9)).given == answer
        for stranger in (Tenant(tenant.operator_id, not tenant.live), Tenant(OperatorId("op_x"), tenant.live)):
            assert (await store.claim(stranger, f"k-{tenant.operator_id}", b"hash", NOW_MS)).mine

    async def test_a_claim_without_an_answer_goes_over_after_a_while(self, store: Any, tenant: Tenant) -> None:
        assert (await store.claim(tenant, "k", b"hash", NOW_MS)).mine
        assert not (await store.claim(tenant, "k", b"hash", NOW_MS + 19_999)).mine
        assert not (await store.claim(tenant, "k", b"other", NOW_MS + 20_000)).mine
        await store.hold(tenant, "k", NOW_MS + 10_000)
        assert not (await store.claim(tenant, "k", b"hash", NOW_MS + 29_999)).mine, "still worked on"
        assert (await store.claim(tenant, "k", b"hash", NOW_MS + 30_000)).mine
        assert not (await store.claim(tenant, "k", b"hash", NOW_MS + 11_000)).mine
        ahead = NOW_MS + 3_600_000
        await store.hold(tenant, "k", ahead)
        assert (await store.claim(tenant, "k", b"hash", NOW_MS + 10_000)).mine, "of a clock that was ahead"
        await store.release(tenant, "k")
        assert (await store.claim(tenant, "k", b"other", NOW_MS + 10_001)).mine
        assert await store.forget(NOW_MS + 10_002) >= 1
        assert (await store.claim(tenant, "k", b"third", NOW_MS + 10_003)).mine

    async def test_templates_are_a_tenants_own_and_change_by_version(self, store: Any, tenant: Tenant) -> None:
        def of(name: str, due_ms: int | None) -> Template:
            recurrence = None if due_ms is None else Recurrence("0 0 * * *", "UTC", 1_000)
            start_ms = None if due_ms is None else due_ms + 1_000
            rules = rules_from(fields(start_at_ms=0))
            name = f"{tenant.operator_id}-{name}"
            return Template(name, tenant, b'{"a":1.50}', rules, NOW_MS, NOW_MS, 1, recurrence, start_ms)

        plain, soon, late = of("plain", None), of("soon", 5_000), of("late", 9_000)
        assert [await store.add_template(one) for one in (plain, soon, late, plain)] == [
            True,
            True,
            True,
            False,
        ]
        assert await store.template(tenant, plain.id) == plain
        stranger = Tenant(tenant.operator_id, not tenant.live)
        assert await store.template(stranger, plain.id) is None
        assert await store.templates(stranger, 9, 0) == (0, [])
        assert await store.templates(tenant, 1, 1) == (3, [plain])
        mine = [one.id for one in await store.due_templates(8_999, 1_000) if one.tenant == tenant]
        assert mine == [soon.id]
        newer = replace(soon, version=2, next_start_ms=99_000)
        assert not await store.replace_template(replace(newer, tenant=stranger), 1)
        assert await store.replace_template(newer, 1) and not await store.replace_template(newer, 1)
        mine = [one.id for one in await store.due_templates(50_000, 1_000) if one.tenant == tenant]
        assert mine == [late.id]
        assert not await store.remove_template(stranger, late.id)
        assert await store.remove_template(tenant, late.id) and not await store.remove_template(
            tenant, late.id
        )

    async def test_what_a_user_played_is_told_with_results(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        user = "ann"
        total, rows = await store.played_by(tenant, user, 9, 0)
        assert (total, rows[0].entry.user_id, rows[0].summary.id, rows[0].result) == (1, user, writer.id, None)
        await store.commit(writer.commit(command_request(commands.Finish())))
        writer.now_ms += 5_000
        await store.commit(writer.commit(command_request(commands.Advance())))
        total, rows = await store.played_by(tenant, user, 9, 0)
        assert rows[0].result is not None and rows[0].result.prize_minor == 1_250
        assert await store.played_by(Tenant(OperatorId("op_x"), live=True), user, 9, 0) == (0, [])

    async def test_the_books_of_what_was_played_are_right(
        self, store: Any, writer: Writer, tenant: Tenant
    ) -> None:
        await self.played(store, writer)
        await store.commit(writer.commit(command_request(commands.Remove("ben"))))
        await store.commit(writer.commit(command_request(commands.Correct("adjust", "lag", "ann", points=5))))
        assert writer.state is not None
        await store.save_checkpoint(writer.id, writer.epoch, checkpoint_of(writer.state, writer.chain))
        await store.commit(writer.commit(facts=(points("9", "ann", 1),)))
        assert await verify_tournament(store, writer.id, writer.now_ms) is None
        await store.commit(writer.commit(command_request(commands.Finish())))
        writer.now_ms += 5_000
        await store.commit(writer.commit(command_request(commands.Advance())))
        assert await verify_tournament(store, writer.id, writer.now_ms) is None
        assert writer.id in [name async for name in all_tournaments(store)]
        state, chain, _ = await read_state(store, writer.id)
        assert chain == writer.chain and codec.state_digest(state) == codec.state_digest(writer.state)
        events = await store.events(writer.id, 3)
        assert [row.seq for row in events] == [1, 2, 3]
        assert await store.stored(TournamentId("nowhere")) is None

    async def test_deeds_are_chained_in_the_order_of_their_numbers(self, store: Any, tenant: Tenant) -> None:
        deeds = [
            AuditEntry(n, "key:a", "template.changed", f"t{n}", {"n": 1}, {"n": [1, "2"]}) for n in range(12)
        ]
        await asyncio.gather(*(store.append(tenant, entry) for entry in deeds))
        rows = await store.trail(tenant, 0, 100)
        assert [row.seq for row in rows] == list(range(1, 13))
        assert sorted(row.entry.subject for row in rows) == sorted(entry.subject for entry in deeds)
        assert await store.trail(tenant, 10, 1) == rows[10:11]
        assert await verify_trail(store, tenant) is None and tenant in await store.tenants()
        assert await store.trail(Tenant(tenant.operator_id, live=False), 0, 9) == []

    async def test_tokens_end_by_generations(self, store: Any, writer: Writer) -> None:
        ann, ben = f"{writer.id}_ann", f"{writer.id}_ben"
        assert await store.generation(ann) == 0
        ended = await asyncio.gather(*(store.end_older(ann, 5_000) for _ in range(5)))
        assert sorted(ended) == [1, 2, 3, 4, 5]
        assert (await store.generation(ann), await store.generation(ben)) == (5, 0)
        await store.end_older(ben, 6_000)
        assert {name: n for name, n in (await store.ended_since(5_000)).items() if name in (ann, ben)} == {
            ann: 5, ben: 1,
        }  # fmt: skip
        assert ann not in await store.ended_since(5_001)

    async def test_only_where_it_is_placed_may_a_tournament_be_owned(self, store: Any, writer: Writer) -> None:
        assert await store.placed(TournamentId("nowhere")) is None
        writer.first.placement = "shared:1"
        assert await store.begin(writer.first)
        assert await store.placed(writer.id) == Placed("shared:1")
        with pytest.raises(Misplaced):
            await store.take_over(writer.id, "me", "own")
        assert await store.take_over(TournamentId("nowhere"), "me", "own") is None
        first = await store.take_over(writer.id, "me", "shared:1")
        assert await store.place(writer.id, "shared:2", "own") == Placed("shared:1"), "it has moved before"
        assert await store.place(writer.id, "own", "shared:1") == Placed("own")
        with pytest.raises(Misplaced):
            await store.take_over(writer.id, "me", "shared:1")
        assert await store.take_over(writer.id, "other", "own") > first
        assert await store.place(writer.id, None, "own") == Placed(None)
        assert await store.place(writer.id, "shared:7", None) == Placed("shared:7")
        assert await store.take_over(writer.id, "anyone") is not None, "without a placement, as before"
        assert await store.in_play("shared:7") == []

    async def test_one_sign_of_life_for_many_leases(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        name = f"shared:{writer.id}"
        me = OwnerProcess(name, "me", await store.enter(name, "me"), 1, 0)
        mine = Held(writer.id, writer.epoch, writer.chain)
        assert await store.beat(me, []) == [] and await store.beat(me, [mine]) == []
        unknown = Held(TournamentId("nowhere"), 1, None)
        others = [replace(mine, epoch=writer.epoch - 1), replace(mine, head=b"elsewhere"), unknown]
        for wrong in others:
            assert await store.beat(me, [wrong]) == [wrong.tournament_id]
        assert await store.beat(me, [replace(mine, head=None)]) == []
        await store.place(writer.id, name, None)
        assert await store.in_play(name) == [writer.id]
        younger = OwnerProcess(name, "you", await store.enter(name, "you"), 3, 7)
        assert younger.incarnation > me.incarnation
        assert await store.beat(younger, []) == []
        assert await store.beat(me, [mine]) is None, "it was replaced"
        (known,) = [one for one in await store.processes() if one.placement == name]
        assert replace(known, silent_s=0.0) == younger and 0 <= known.silent_s < 60

    async def test_who_owns_alone_and_shows_no_life_is_found(self, store: Any, writer: Writer) -> None:
        writer.first.placement = "own"
        await self.played(store, writer)
        epoch = await store.take_over(writer.id, f"node-{writer.id}/7", "own")
        assert await store.own_on(f"node-{writer.id}") == [writer.id]
        assert await store.own_on("node") == [] and await store.own_on(f"node-{writer.id}/7") == []
        (found,) = [one for one in await store.silent(-60.0) if one.tournament_id == writer.id]
        assert writer.state is not None
        assert found == SilentOwner(writer.id, writer.state.rules.game_slug, needs_own=False)
        assert writer.id not in [one.tournament_id for one in await store.silent(60.0)]
        await store.place(writer.id, "own", "own")
        assert writer.id not in [one.tournament_id for one in await store.silent(-60.0)], "it let go"
        assert await store.own_on(f"node-{writer.id}") == []
        assert await store.heartbeat(writer.id, epoch)
        assert await store.own_on(f"node-{writer.id}") == [writer.id], "it goes on"

    async def test_what_ended_the_process_of_others_stays_alone(self, store: Any, writer: Writer) -> None:
        await self.played(store, writer)
        await store.place(writer.id, "shared:9", None)
        await store.isolate(writer.id, "shared:8")
        assert (await store.placed(writer.id)).placement == "shared:9", "it has moved meanwhile"
        await store.isolate(writer.id, "shared:9")
        assert (await store.placed(writer.id)).placement == "own"
        assert await store.take_over(writer.id, "node/1", "own")
        (found,) = [one for one in await store.silent(-1.0) if one.tournament_id == writer.id]
        assert found.needs_own

    async def test_what_one_placement_has_goes_to_others(self, store: Any, writer: Writer) -> None:
        lost, others = f"shared:{writer.id}", ["shared:a", "shared:b"]
        writer.first.placement = lost
        await self.played(store, writer)
        assert await store.hand_over(lost, others) == 1
        placed = await store.placed(writer.id)
        assert placed is not None and placed.placement in others
        assert await store.hand_over(lost, others) == 0

    async def test_nodes_are_drained_and_admitted_again(self, store: Any, writer: Writer) -> None:
        node = f"node-{writer.id}"
        for drains in (True, True, False, False, True):
            await store.drain(node, drains=drains)
            assert (node in await store.draining()) is drains
