"""Random histories: money never appears or vanishes, deciding changes nothing, replay gives what was."""

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.domain.ids import PlayerId
from server.domain.money import POINT_SCALE
from server.domain.postings import POOL, is_balanced
from server.domain.refusal import Refusal
from server.domain.scoring.fact import Counted
from server.domain.tournament import commands, events
from server.domain.tournament.apply import apply
from server.domain.tournament.decide import decide
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.ledger import postings_for
from server.domain.tournament.money.payouts import FORFEITED, MOVES
from server.domain.tournament.money.prizes import final_sheet
from server.domain.tournament.money.totals import totals
from server.domain.tournament.play.facts import count, judge
from server.domain.tournament.play.rounds import put_out
from server.domain.tournament.play.trace import (
    TraceLine,
    event_line,
    fact_lines,
    scored,
    traced,
)
from server.domain.tournament.state import Tournament
from server.encoding import codec
from tests.support.builders import HOUR_MS, NOW_MS, create, spin
from tests.support.configs import any_rules

USERS = "abcdefgh"
any_user = st.sampled_from(USERS)


class AnyTournament(RuleBasedStateMachine):
    """Does anything, in any order, at any time."""

    state: Tournament | None = None

    @initialize(
        data=st.data(), players=st.integers(0, 6), ending=st.sampled_from(["finish", "cancel", "none"])
    )
    def begin(self, data: st.DataObject, players: int, ending: str) -> None:
        self.ending = ending
        self.now_ms = NOW_MS
        self.log: list[tuple[str, object, int]] = []
        self.balances: dict[str, int] = defaultdict(int)
        self.serial = 0
        self.do(create(**any_rules(data.draw)))
        for user in USERS[:players]:
            self.register(user, "cash")
        if players > 1:
            self.do(commands.Start())

    @property
    def tournament(self) -> Tournament:
        assert self.state is not None
        return self.state

    def do(self, command: commands.Command) -> None:
        before = None if self.state is None else codec.state_digest(self.state)
        try:
            decided = decide(self.state, command, self.now_ms)
        except Refusal:
            decided = []
        if self.state is not None:
            assert codec.state_digest(self.state) == before, "deciding changes nothing"
        for event in decided:
            lines = postings_for(event, self.state)
            assert is_balanced(lines)
            for line in lines:
                self.balances[line.account] += line.amount_minor
            if isinstance(event, events.ResultsFinalised) and self.state is not None:
                assert final_sheet(self.state) == event, "the live estimate is the final sheet"
            self.state = apply(self.state, event, self.now_ms)
            self.log.append(("event", codec.encode_event(event), self.now_ms))
        if decided and not isinstance(command, commands.Advance):
            self.do(commands.Advance())

    @rule(user=any_user, tender=st.sampled_from(["cash", "bonus"]))
    def sell(self, user: str, tender: str) -> None:
        self.register(user, tender)

    def register(self, user: str, tender: str) -> None:
        self.serial += 1
        price = self.tournament.rules.entry_price_minor
        self.do(commands.Register(user, PlayerId(f"p{self.serial}"), user, price, None, tender))

    @rule(user=any_user, entries=st.integers(1, 3))
    def rebuy(self, user: str, entries: int) -> None:
        self.do(commands.Rebuy(user, entries, self.tournament.rules.rebuy_fee_minor * entries))

    @rule(user=any_user)
    def add_on(self, user: str) -> None:
        self.do(commands.BuyAddOn(user, payment_id="p"))

    @rule(user=any_user, cheated=st.booleans())
    def lose(self, user: str, cheated: bool) -> None:
        self.do(commands.Disqualify(user, "cheated") if cheated else commands.Remove(user))

    @rule(
        users=st.lists(any_user, min_size=1, max_size=5),
        bet=st.integers(0, 9),
        win=st.integers(0, 30),
        ago_s=st.sampled_from([None, 0, 2, 90]),
    )
    def facts(self, users: str, bet: int, win: int, ago_s: int | None) -> None:
        self.serial += 1
        at_s = None if ago_s is None else (self.now_ms - NOW_MS) / 1_000 - ago_s
        facts = [
            spin(user, bet, win + n, at_s, f"f{self.serial}-{n}", points=(win - n) * POINT_SCALE)
            for n, user in enumerate(users)
        ]
        counted = judge(self.tournament, facts, self.now_ms).counted
        count(self.tournament, counted)
        if counted:
            self.log.append(("block", codec.encode_block(counted), self.now_ms))
        self.do(commands.Advance())

    @rule(user=any_user, points=st.integers(-5, 5), reset=st.booleans())
    def correct(self, user: str, points: int, reset: bool) -> None:
        action = "reset" if reset else "adjust"
        self.do(commands.Correct(action, "by hand", user, points=points * POINT_SCALE))  # type: ignore[arg-type]

    @rule(user=any_user, nth=st.integers(0, 20))
    def void(self, user: str, nth: int) -> None:
        player_no = self.tournament.no_of.get(user)
        if player_no is None:
            return
        entry = self.tournament.entries[player_no]
        found = scored(self.tournament, entry, self.lines(player_no))
        if found:
            event_id = found[nth % len(found)].fact.event_id
            self.do(commands.Correct("void", "by hand", user, event_id, history=tuple(found)))

    @rule(ms=st.sampled_from([1, 1_000, 60_000, HOUR_MS // 5]))
    def wait(self, ms: int) -> None:
        self.now_ms += ms
        for _ in range(9):
            self.do(commands.Advance())

    @rule(action=st.sampled_from(["start", "end"]), ahead=st.integers(-1, 1))
    def pace(self, action: str, ahead: int) -> None:
        self.do(commands.PaceRound(action, self.tournament.round_no + ahead))  # type: ignore[arg-type]

    @rule(user=any_user)
    def put_out(self, user: str) -> None:
        self.serial += 1
        told = spin(user, 0, 0, event_id=f"f{self.serial}")
        for event in put_out(self.tournament, told, self.now_ms)[1]:
            self.state = apply(self.state, event, self.now_ms)
            self.log.append(("event", codec.encode_event(event), self.now_ms))
        self.do(commands.Advance())

    @rule()
    def start(self) -> None:
        self.do(commands.Start())

    @rule(nth=st.integers(0, 9), becomes=st.sampled_from(sorted(MOVES)), strict=st.booleans())
    def settle(self, nth: int, becomes: str, strict: bool) -> None:
        names = sorted(self.tournament.payouts)
        if names:
            step = events.PayoutStep(names[nth % len(names)], becomes, "ref", "why", self.now_ms)
            self.do(commands.Settle((step,), strict))

    @rule()
    def approve(self) -> None:
        self.do(commands.Approve())

    @rule(back=st.integers(0, 3), uphold=st.booleans())
    def review(self, back: int, uphold: bool) -> None:
        number = len(self.tournament.reviews) - back
        self.do(commands.DecideReview(number, "uphold" if uphold else "dismiss", "looked at it", "person"))

    @rule(refund=st.booleans())
    def end(self, refund: bool) -> None:
        """Ends that would come too early in most histories are left out of a part of them."""
        if self.ending == "finish":
            self.do(commands.Finish())
        elif self.ending == "cancel":
            self.do(commands.Cancel("any", refund=refund))

    def replayed(self, upto: int | None = None) -> Tournament:
        """The state of the log so far."""
        again: Tournament | None = None
        for kind, payload, at_ms in self.log[:upto]:
            if kind == "event":
                again = apply(again, codec.decode_event(*payload), at_ms)  # type: ignore[misc]
            else:
                assert again is not None
                count(again, codec.decode_block(payload))  # type: ignore[arg-type]
        assert again is not None
        return again

    def lines(self, player_no: int) -> list[TraceLine]:
        """The journal's lines of one player."""
        shadow: Tournament | None = None
        found: list[TraceLine] = []
        for kind, payload, at_ms in self.log:
            if kind == "event":
                event = codec.decode_event(*payload)  # type: ignore[misc]
                shadow = apply(shadow, event, at_ms)
                if line := event_line(event, shadow, player_no, at_ms):
                    found.append(line)
                continue
            assert shadow is not None
            block: list[Counted] = codec.decode_block(payload)  # type: ignore[arg-type]
            found += fact_lines(shadow, player_no, block)
            shadow.seq += len(block)
        return found

    @invariant()
    def postings_of_every_prefix_of_every_history_balance(self) -> None:
        if self.state is None:
            return
        assert sum(self.balances.values()) == 0
        final = self.state.results_status is ResultsStatus.FINAL
        if (sheet := self.state.results) is not None:
            prizes = sum(line.amount_minor for line in sheet.prizes)
            assert prizes + sheet.unclaimed_minor == sheet.pool_minor, "also after reviews"
        self._owed_is_what_the_ledger_says()
        if final or self.state.status is Status.CANCELLED:
            assert self.balances[POOL] == 0
            self._the_totals_are_the_ledgers()
        else:
            assert self.balances[POOL] == self.state.collected_minor

    def _the_totals_are_the_ledgers(self) -> None:
        assert self.state is not None
        sums = totals(self.state)
        house = {name: self.balances[f"house:{name}"] for name in ("fee", "retained", "surplus", "waived")}
        assert house == {
            "fee": sums.fees_kept,
            "retained": sums.retained + sums.unclaimed + sums.forfeited,
            "surplus": sums.surplus,
            "waived": sums.waived,
        }
        assert (self.balances["house:overlay"], self.balances["house:seed"]) == (-sums.overlay, -sums.seed)
        assert sums.house == sum(amount for name, amount in self.balances.items() if name.startswith("house:"))

    def _owed_is_what_the_ledger_says(self) -> None:
        """What a player is owed and did not forfeit is what the ledger gave back; one line per thing."""
        assert self.state is not None
        owed: dict[str, int] = defaultdict(int)
        for payout in self.state.payouts.values():
            if payout.state not in FORFEITED:
                owed[f"player:{payout.player_no}"] += payout.amount_minor
        for entry in self.state.entries:
            account = f"player:{entry.player_no}"
            paid_in = sum(sale.buy_in_minor + sale.fee_minor for sale in entry.sales)
            assert self.balances[account] == owed[account] - paid_in

    @invariant()
    def prizes_and_fee_are_collected_and_overlay_and_seed(self) -> None:
        results = None if self.state is None else self.state.results
        if results is None or self.state is None:
            return
        paid = sum(line.amount_minor for line in results.prizes)
        house = {name.removeprefix("house:"): -sum_ for name, sum_ in self.balances.items()}
        put_in = house.get("overlay", 0) + house.get("seed", 0) + house.get("surplus", 0)
        assert paid + results.unclaimed_minor == results.collected_minor + put_in
        assert -house.get("fee", 0) == self.state.fees_minor
        positions = [line.position for line in results.prizes]
        reviewed = any(review.status == "upheld" for review in self.state.reviews)
        assert positions == sorted(positions if reviewed else set(positions))

    @invariant()
    def who_is_in_play_stands_before_who_is_out(self) -> None:
        if self.state is None:
            return
        entries = [self.state.entries[row.player_no] for row in self.state.ranking.page(0, 99)]
        assert self.state.in_play == sum(entry.is_in_play for entry in entries)
        if self.state.rules.scoring.qualifies_all:
            gone = [entry.eliminated_round or 99 for entry in entries]
            assert gone == sorted(gone, reverse=True)

    def teardown(self) -> None:
        """Replay of the whole log, and of a checkpoint, reproduces the digest; every score is explained."""
        if self.state is None:
            return
        again = self.replayed()
        assert codec.state_digest(again) == codec.state_digest(self.state)
        kept = codec.decode_state(codec.encode_state(self.state))
        assert codec.state_digest(kept) == codec.state_digest(self.state)
        for other in (again, kept):
            assert other.ranking.page(0, 99) == self.state.ranking.page(0, 99)
        assert kept.no_of == self.state.no_of
        for entry in self.state.entries:
            told = traced(self.state, entry, self.lines(entry.player_no))
            assert sum(line.points for line in told) == entry.points, "the trace adds up to the score"


TestAnyTournament = AnyTournament.TestCase
TestAnyTournament.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
