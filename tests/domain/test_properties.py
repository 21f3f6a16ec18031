"""Random histories: money never appears or vanishes, deciding changes nothing, replay gives what was."""

import itertools
from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server import codec
from server.domain.ids import PlayerId
from server.domain.postings import POOL, is_balanced
from server.domain.refusal import Refusal
from server.domain.tournament import commands as ask
from server.domain.tournament.apply import apply
from server.domain.tournament.decide import decide
from server.domain.tournament.facts import count, judge
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.movements import postings_for
from server.domain.tournament.prizes import prize_amounts
from server.domain.tournament.rules import WHOLE, PrizePool
from server.domain.tournament.state import Tournament
from server.domain.tournament.summary import summary_of
from tests.support.builders import HOUR_MS, NOW_MS, create, points


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, ...]:
    """Shares that total exactly 100 percent, at four places."""
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE), max_size=6)))
    edges = [0, *cuts, WHOLE]
    return tuple(b - a for a, b in itertools.pairwise(edges))


class AnyTournament(RuleBasedStateMachine):
    """Does anything, in any order, at any time."""

    @initialize(
        kind=st.sampled_from(["fixed", "percentage"]),
        total=st.integers(0, 10**7),
        split=shares(),
        money=st.tuples(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**6)),
        policy=st.sampled_from(["pro_rata", "full"]),
        players=st.integers(0, 6),
        ending=st.sampled_from(["finish", "cancel", "none"]),
        house=st.tuples(
            st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["redistribute", "house"])
        ),
    )
    def begin(
        self,
        kind: str,
        total: int,
        split: tuple[int, ...],
        money: tuple[int, int, int],
        policy: str,
        players: int,
        ending: str,
        house: tuple[int, int, str],
    ) -> None:
        self.ending = ending
        self.now_ms = NOW_MS
        self.state: Tournament | None = None
        self.log: list[tuple[str, object, int]] = []
        self.balances: dict[str, int] = defaultdict(int)
        self.serial = 0
        buy_in, fee, rebuy = money
        guaranteed, seed, unclaimed = house
        if kind == "fixed":
            pool = PrizePool("fixed", total, split, unclaimed=unclaimed)  # type: ignore[arg-type]
        else:
            pool = PrizePool("percentage", 0, split, "weight", guaranteed, seed, unclaimed)  # type: ignore[arg-type]
        self.do(
            create(
                buy_in_minor=buy_in,
                fee_minor=fee,
                rebuy_enabled=True,
                rebuy_fee_minor=rebuy,
                prize_pool=pool,
                max_players=6,
                cancellation_policy=policy,
            )
        )
        for user in "abcdefgh"[:players]:
            self.register(user, "cash")
        if players % 2:
            self.do(ask.Start())

    def do(self, command: ask.Command) -> None:
        before = None if self.state is None else codec.state_digest(self.state)
        try:
            events = decide(self.state, command, self.now_ms)
        except Refusal:
            events = []
        if self.state is not None:
            assert codec.state_digest(self.state) == before, "deciding changes nothing"
        for event in events:
            lines = postings_for(event, self.state)
            assert is_balanced(lines)
            for line in lines:
                self.balances[line.account] += line.amount_minor
            self.state = apply(self.state, event, self.now_ms)
            self.log.append(("event", codec.encode_event(event), self.now_ms))
        if events and not isinstance(command, ask.Advance):
            self.do(ask.Advance())

    @rule(user=st.sampled_from("abcdefgh"), tender=st.sampled_from(["cash", "bonus"]))
    def sell(self, user: str, tender: str) -> None:
        self.register(user, tender)

    def register(self, user: str, tender: str) -> None:
        self.serial += 1
        assert self.state is not None
        price = self.state.rules.entry_price_minor
        self.do(ask.Register(user, PlayerId(f"p{self.serial}"), user, price, None, tender))

    @rule(user=st.sampled_from("abcdefgh"), entries=st.integers(1, 3))
    def rebuy(self, user: str, entries: int) -> None:
        assert self.state is not None
        self.do(ask.Rebuy(user, entries, self.state.rules.rebuy_fee_minor * entries))

    @rule(user=st.sampled_from("abcdefgh"))
    def remove(self, user: str) -> None:
        self.do(ask.Remove(user))

    @rule(user=st.sampled_from("abcdefgh"), amount=st.integers(-20, 50))
    def fact(self, user: str, amount: int) -> None:
        assert self.state is not None
        self.serial += 1
        counted = judge(self.state, [points(f"f{self.serial}", user, amount)], self.now_ms).counted
        count(self.state, counted)
        if counted:
            self.log.append(("block", codec.encode_block(counted), self.now_ms))

    @rule(ms=st.sampled_from([1, 1_000, 60_000, HOUR_MS // 5]))
    def wait(self, ms: int) -> None:
        self.now_ms += ms
        for _ in range(4):
            self.do(ask.Advance())

    @rule()
    def start(self) -> None:
        self.do(ask.Start())

    @rule(refund=st.booleans())
    def end(self, refund: bool) -> None:
        """Ends that would come too early in most histories are left out of a part of them."""
        if self.ending == "finish":
            self.do(ask.Finish())
        elif self.ending == "cancel":
            self.do(ask.Cancel("any", refund=refund))

    @invariant()
    def the_pool_account_is_what_was_collected_and_empty_after_settlement(self) -> None:
        if not hasattr(self, "state") or self.state is None:
            return
        assert sum(self.balances.values()) == 0
        if self.state.status in (Status.COMPLETED, Status.CANCELLED):
            assert self.balances[POOL] == 0
        else:
            assert self.balances[POOL] == self.state.collected_minor

    @invariant()
    def prizes_and_what_is_unclaimed_are_the_pool(self) -> None:
        results = None if not hasattr(self, "state") or self.state is None else self.state.results
        if results is not None:
            paid = sum(line.amount_minor for line in results.prizes)
            assert paid + results.unclaimed_minor == results.pool_minor
            overlay = self.balances["house:overlay"] + self.balances["house:surplus"]
            house_put_in = -overlay - self.balances["house:seed"]
            assert results.pool_minor == results.collected_minor + house_put_in
            positions = [line.position for line in results.prizes]
            assert positions == sorted(set(positions))

    @invariant()
    def the_live_estimate_is_the_sheet(self) -> None:
        if not hasattr(self, "state") or self.state is None or self.state.results is None:
            return
        summary = summary_of(self.state)
        estimate = prize_amounts(self.state.rules.prize_pool, summary.pool_minor, summary.ranked)
        assert [a for a in estimate if a] == [line.amount_minor for line in self.state.results.prizes]

    def teardown(self) -> None:
        """Replay of the whole log, and of a checkpoint, reproduces the digest."""
        if not hasattr(self, "state") or self.state is None:
            return
        again: Tournament | None = None
        for kind, payload, at_ms in self.log:
            if kind == "event":
                again = apply(again, codec.decode_event(*payload), at_ms)  # type: ignore[misc]
            else:
                assert again is not None
                count(again, codec.decode_block(payload))  # type: ignore[arg-type]
        assert again is not None
        assert codec.state_digest(again) == codec.state_digest(self.state)
        kept = codec.decode_state(codec.encode_state(self.state))
        assert codec.state_digest(kept) == codec.state_digest(self.state)
        assert kept.ranking.page(0, 99) == self.state.ranking.page(0, 99)
        assert kept.no_of == self.state.no_of


TestAnyTournament = AnyTournament.TestCase
TestAnyTournament.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
