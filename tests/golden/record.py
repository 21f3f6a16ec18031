"""Writes the golden histories that are missing: `python -m tests.golden.record`.

Each file is one recorded log with the board and the ledger that it must lead to for ever.
"""

import json
import random
from pathlib import Path
from typing import Any

from server.domain.money import POINT_SCALE
from server.domain.scoring.declaration import Qualify, Scoring
from server.domain.scoring.fact import ELIMINATION, Fact
from server.domain.scoring.registry import MODELS
from server.domain.tournament import commands, events
from server.domain.tournament.apply import apply
from server.domain.tournament.money.pool import FieldShares, Item, PrizePool
from server.domain.tournament.play.facts import judge
from server.domain.tournament.play.rounds import put_out
from server.domain.tournament.rules.rules import AddOn, Rounds
from server.encoding import codec
from tests.golden.replay import FOLDER, Row, outcome_of, replayed
from tests.support.builders import HOUR_MS, NOW_MS, Story, points, pool

USERS = ("ann", "ben", "cid", "dan", "eve", "fay")
MINUTE_MS = 60_000


class Recorder(Story):
    """A story that keeps its log."""

    def __init__(self, **changes: Any) -> None:
        self.rows: list[Row] = []
        super().__init__(**changes)

    def when(self, command: commands.Command) -> list[events.Event]:
        decided = super().when(command)
        self._keep(decided)
        return decided

    def put_out(self, told: Fact) -> None:
        """An elimination that the game reports."""
        _, decided = put_out(self.tournament, told, self.now_ms)
        for event in decided:
            self.state = apply(self.state, event, self.now_ms)
        self._keep(decided)

    def _keep(self, kept: list[events.Event]) -> None:
        for event in kept:
            kind, payload = codec.encode_event(event)
            self.rows.append({"kind": kind, "at_ms": self.now_ms, "event": json.loads(payload)})

    def facts(self, *facts: Fact) -> list[str]:
        counted = judge(self.tournament, facts, self.now_ms).counted
        if counted:
            block = [[one.player_no, list(one.fact), one.at_ms] for one in counted]
            self.rows.append({"kind": "facts", "at_ms": self.now_ms, "facts": block})
        return super().facts(*facts)


def play(story: Recorder, seed: str, count: int = 60, users: tuple[str, ...] = USERS) -> Recorder:
    """Rounds of a crash game, some of them out of order or without the game's time."""
    luck = random.Random(seed)
    for n in range(0, count, 6):
        story.now_ms += 1_000
        batch = []
        for at in range(n, n + 6):
            bet = luck.randint(1, 20) * POINT_SCALE // 2
            multiplier = luck.choice([0, 0, 10_000, 12_500, 31_313, 105_000])
            at_ms = None if at % 5 == 0 else story.now_ms - luck.randint(0, 4_000)
            batch.append(
                Fact(
                    f"{seed}-{at}", luck.choice(users), "round", luck.randint(-3, 40) * 2_500, bet,
                    bet * multiplier // POINT_SCALE, multiplier, f"r{at}", at_ms, at_ms,
                    luck.choice([None, "dice"]),
                )
            )  # fmt: skip
        story.facts(*batch)
    return story


def _end(story: Recorder) -> Recorder:
    story.advance()
    if story.tournament.status == "in_progress":
        story.when(commands.Finish())
    story.advance(5_000)
    return story


def scheduled() -> Recorder:
    """Registration, leaving, rebuy, add-on, late registration, guarantee, field sizes, items, split ties."""
    prizes = PrizePool(
        guaranteed_minor=100_00, seed_minor=7_77, by_field=(FieldShares(5, (6, 3, 1)),), unit="weight",
        items=(Item(1, 2, "spins", "FREE", 25),), ties="split",
    )  # fmt: skip
    story = Recorder(
        prize_pool=prizes, fee_minor=1_00, rebuy_enabled=True, rebuy_fee_minor=5_00, max_entries_per_player=3,
        late_registration_ms=30_000, add_on=AddOn(2_50, 4 * POINT_SCALE), duration_ms=HOUR_MS,
    )  # fmt: skip
    story.players("ann", "ben", "cid", "dan").when(commands.Remove("dan"))
    story.advance(HOUR_MS)
    story.players("eve", "dan", "fay")
    story.score(ann=5, ben=5, cid=9.5, eve=1)
    story.when(commands.Rebuy("ann", 2, paid_minor=10_00, tender="bonus"))
    story.when(commands.BuyAddOn("eve", payment_id="pay-9"))
    story.advance(HOUR_MS)
    story.facts(points("late", "eve", 3, occurred_at_ms=story.now_ms - 1))
    story.advance(5_000)
    return story


def hop_on_off() -> Recorder:
    """Started by its third player, one having left before."""
    story = Recorder(format="hop_on_off", lobby="crunchy-cup", lobby_no=1, min_players=3, start_at_ms=NOW_MS)
    story.players("ann", "ben").when(commands.Remove("ann"))
    story.players("cid", "ann").advance()
    return play(story, "hop", 30, ("ann", "ben", "cid"))


def rounds() -> Recorder:
    """Elimination, a revival, the bell of a round."""
    of = Rounds(4, MINUTE_MS, elimination_rate=3_400, survivors=2)
    story = Recorder(rounds=of, rebuy_enabled=True, rebuy_fee_minor=5_00).players(*USERS).started()
    play(story, "first", 30)
    story.advance(MINUTE_MS)
    out = [entry.user_id for entry in story.tournament.entries if entry.eliminated_round == 1]
    story.when(commands.Rebuy(out[0], paid_minor=5_00))
    play(story, "second", 30)
    story.facts(points("between", "ann", 9, occurred_at_ms=NOW_MS + MINUTE_MS + 1))
    for _ in range(4):
        story.advance(MINUTE_MS + 5_000)
    return story


def paced() -> Recorder:
    """The game ends the rounds and puts players out."""
    of = Rounds(3, 10 * MINUTE_MS, paced_by="game", eliminated_by="game")
    story = Recorder(rounds=of, rebuy_enabled=True, rebuy_fee_minor=5_00).players(*USERS).started()
    for number, user in enumerate(("dan", "ben"), start=1):
        play(story, f"round-{number}", 30)
        story.put_out(points(f"out-{number}", user, 0, kind=ELIMINATION))
        story.when(commands.PaceRound("end", number))
        play(story, f"late-{number}", 12)
        story.advance(MINUTE_MS)
        story.when(commands.PaceRound("start", number + 1))
    story.when(commands.Rebuy("ben", paid_minor=5_00))
    play(story, "third", 30)
    story.when(commands.PaceRound("end", 3))
    return story


def best_entry() -> Recorder:
    """Attempts, where the best one counts, with what was played before a rebuy coming after it."""
    story = Recorder(entry_scoring="best_entry", rebuy_enabled=True, rebuy_fee_minor=5_00)
    play(story.players(*USERS).started(), "one", 30)
    for user in ("ann", "ben"):
        story.when(commands.Rebuy(user, paid_minor=5_00))
    return play(story, "two", 30)


def corrected() -> Recorder:
    """Adjusted, reset, disqualified in review, approved; then only noted."""
    story = Recorder(payout_approval="manual").players(*USERS).started()
    play(story, "corrected", 30)
    story.when(commands.Correct("adjust", "lag", "ann", points=5 * POINT_SCALE))
    story.when(commands.Correct("reset", "restart", "ben"))
    play(story, "later", 12)
    story.when(commands.Finish())
    story.advance(5_000)
    story.when(commands.Disqualify("cid", "two accounts"))
    story.when(commands.Approve())
    story.when(commands.Correct("adjust", "too late", "dan", points=1))
    return story


def rolled_forward() -> Recorder:
    """Called off in the money."""
    of = Rounds(3, MINUTE_MS, eliminate=4, survivors=1)
    story = Recorder(rounds=of, cancellation_policy="roll_forward", fee_minor=1_00).players(*USERS).started()
    play(story, "rolled", 30)
    story.advance(MINUTE_MS)
    story.when(commands.Cancel("outage"))
    return story


def pro_rata() -> Recorder:
    """Called off after a third, with nothing paid back."""
    story = Recorder(duration_ms=HOUR_MS, fee_minor=1_00).players("ann", "ben").started()
    story.now_ms += HOUR_MS // 3
    story.when(commands.Cancel("storm", refund=False))
    return story


FORMATS = (scheduled, hop_on_off, rounds, paced, best_entry, corrected, rolled_forward, pro_rata)


def write(name: str, story: Recorder) -> None:
    """One file: the log, and what it leads to."""
    if (FOLDER / f"{name}.json").exists():
        return
    state, ledger = replayed(story.rows)
    assert codec.state_digest(state) == codec.state_digest(story.tournament)
    rows = ",\n".join(json.dumps(row, sort_keys=True) for row in story.rows)
    leads_to = json.dumps(outcome_of(state, ledger), sort_keys=True)
    path: Path = FOLDER / f"{name}.json"
    path.write_text(f'{{"leads_to": {leads_to},\n"log": [\n{rows}\n]}}\n')


def main() -> None:
    """Those that are missing. What was recorded stays: it proves that old logs are read as they were meant."""
    for model in MODELS:
        story = Recorder(**_model_rules(model)).players(*USERS).started()
        write(f"model_{model}", _end(play(story, model)))
    for build in FORMATS:
        story = build()
        write(f"format_{build.__name__}", story if build in (rolled_forward, pro_rata) else _end(story))


def _model_rules(model: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"n": 3} if model.endswith("_n") else {}
    if model == "race_to_target":
        extra = {"target": 20 * POINT_SCALE}
    else:
        extra |= {"qualify": Qualify(min_rounds=2), "game_weights": (("dice", POINT_SCALE // 2),)}
    scoring = Scoring(model=model, **extra)  # type: ignore[arg-type]
    return {"scoring": scoring, "fee_minor": 50, "prize_pool": pool(), "duration_ms": HOUR_MS}


if __name__ == "__main__":
    main()
