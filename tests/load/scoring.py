"""What each scoring model costs a fact, side by side: a block of 1,000 facts judged, counted and ranked."""

from typing import Any

from server.domain.money import POINT_SCALE
from server.domain.scoring.bounds import VALUE_MAX
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.fact import Fact
from server.domain.scoring.registry import MODELS
from server.domain.tournament.play.facts import count, judge
from server.runtime.randomness import dice
from tests.load.measure import RUNS, median, table, timed
from tests.support.builders import HOUR_MS, NOW_MS, Story

BLOCK = 1_000
BLOCKS = 20
PLAYERS = (100, 10_000)
PARAMETERS: dict[str, dict[str, Any]] = {
    "best_n": {"n": 10},
    "first_n": {"n": 10},
    "last_n": {"n": 10},
    "race_to_target": {"target": VALUE_MAX},
}


def _block(run: int, number: int, players: int) -> list[Fact]:
    luck = dice()
    found = []
    for n in range(BLOCK):
        bet = luck.randint(1, 50) * POINT_SCALE
        multiplier = luck.randint(0, 30_000)
        at_ms = NOW_MS + number * 1_000 + n
        found.append(
            Fact(
                f"{run}-{number}-{n}-5f1c2a", f"u{luck.randrange(players)}", "round",
                luck.randint(1, 99) * POINT_SCALE, bet, bet * multiplier // POINT_SCALE, multiplier,
                "round", at_ms, at_ms,
            )
        )  # fmt: skip
    return found


def _costs(model: str, players: int, run: int) -> tuple[float, float]:
    """CPU microseconds a fact: judging, and counting with the board brought up to date."""
    scoring = Scoring(model=model, **PARAMETERS.get(model, {}))  # type: ignore[arg-type]
    story = Story(scoring=scoring, max_players=None, duration_ms=HOUR_MS)
    state = story.players(*(f"u{n}" for n in range(players))).started().tournament
    story.now_ms += HOUR_MS // 2
    blocks = [_block(run, number, players) for number in range(BLOCKS)]
    judging = counting = 0.0
    for block in blocks:
        with timed() as judged_in:
            judged = judge(state, block, story.now_ms)
        with timed() as counted_in:
            count(state, judged.counted, judged.digests)
        judging += judged_in.cpu_s
        counting += counted_in.cpu_s
    assert state.facts_counted == BLOCK * BLOCKS
    return judging / (BLOCK * BLOCKS) * 1e6, counting / (BLOCK * BLOCKS) * 1e6


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures: medians of RUNS runs, the models taken in turn."""
    runs: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for run in range(RUNS):
        for players in PLAYERS:
            for model in MODELS:
                runs.setdefault((model, players), []).append(_costs(model, players, run))
    figures = {
        key: (median(judged for judged, _ in found), median(counted for _, counted in found))
        for key, found in runs.items()
    }
    rows = []
    for model in MODELS:
        cells: list[str] = [model]
        for players in PLAYERS:
            judged, counted = figures[model, players]
            base = sum(figures["points_based", players])
            cells += [f"{judged:.2f}", f"{counted:.2f}", f"{(judged + counted) / base:.2f}"]
        rows.append(cells)
    head = ["model"]
    for players in PLAYERS:
        head += [f"judge, us ({players:,} players)", "count and rank, us", "times points_based"]
    return table(head, rows), {f"{model} {players}": found for (model, players), found in figures.items()}
