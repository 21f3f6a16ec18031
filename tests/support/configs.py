"""Random configurations for hypothesis: every model, modifier, tie rule, pool and format."""

import itertools
from typing import Any, get_args

from hypothesis import strategies as st

from server.domain.money import POINT_SCALE
from server.domain.scoring.declaration import Qualify, Scoring
from server.domain.scoring.fact import Fact
from server.domain.scoring.metrics import METRIC_NAMES
from server.domain.scoring.registry import MODELS
from server.domain.scoring.ties import TIES, TIES_DEFAULT
from server.domain.tournament.money.pool import (
    WHOLE,
    FieldShares,
    Item,
    PoolKind,
    PrizePool,
    ShareUnit,
)
from server.domain.tournament.rules.rules import AddOn, Rounds
from tests.support.builders import NOW_MS


@st.composite
def percents(draw: st.DrawFn) -> tuple[int, ...]:
    """Shares that total exactly 100 percent, at four places."""
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE), max_size=6)))
    return tuple(b - a for a, b in itertools.pairwise([0, *cuts, WHOLE]))


@st.composite
def pools(draw: st.DrawFn) -> PrizePool:
    """Any valid prize pool."""
    unit = draw(st.sampled_from(get_args(ShareUnit)))
    shares = (
        percents() if unit == "percent" else st.lists(st.integers(1, 99), min_size=1, max_size=6).map(tuple)
    )
    kind = draw(st.sampled_from(get_args(PoolKind)))
    house = st.integers(0, 10**6) if kind == "percentage" else st.just(0)
    sizes = sorted(draw(st.sets(st.integers(1, 6), max_size=2)))
    return PrizePool(
        kind=kind,
        total_minor=draw(st.integers(0, 10**7)) if kind == "fixed" else 0,
        shares=draw(shares),
        unit=unit,
        guaranteed_minor=draw(house),
        seed_minor=draw(house),
        unclaimed=draw(st.sampled_from(["redistribute", "house"])),
        by_field=tuple(FieldShares(size, draw(shares)) for size in sizes),
        items=draw(st.sampled_from([(), (Item(1, 2, "spins", "BIG", 10),)])),
        ties=draw(st.sampled_from(["earliest", "split", "top_place"])),
    )


@st.composite
def scorings(draw: st.DrawFn, model: str | None = None) -> Scoring:
    """Any valid scoring, of one model if given."""
    model = model or draw(st.sampled_from(MODELS))
    race = model == "race_to_target"
    merits = draw(st.lists(st.sampled_from(TIES[1:7]), unique=True, max_size=2))
    moment = draw(st.sampled_from([("first_to_reach",), ()]))
    lone = st.sampled_from(
        [Qualify(), Qualify(min_rounds=2), Qualify(min_wagered=POINT_SCALE), Qualify(min_score=1)]
    )
    return Scoring(
        model=model,  # type: ignore[arg-type]
        n=draw(st.integers(1, 3)) if model.endswith("_n") else None,
        target=draw(st.integers(1, 9)) * POINT_SCALE if race else None,
        metric=draw(st.sampled_from(METRIC_NAMES)) if race or model.endswith("_n") else "points",
        min_bet=draw(st.sampled_from([None, 2 * POINT_SCALE])),
        max_bet=draw(st.sampled_from([None, 3 * POINT_SCALE])),
        game_weights=draw(st.sampled_from([(), (("dice", POINT_SCALE // 2), ("slots", 3 * POINT_SCALE))])),
        qualify=Qualify() if race else draw(lone),
        direction="highest" if race else draw(st.sampled_from(["highest", "lowest"])),
        ties=TIES_DEFAULT if race else ("points", *merits, *moment),  # type: ignore[arg-type]
    )


rounds = st.one_of(
    st.none(),
    st.builds(
        Rounds,
        count=st.integers(1, 4),
        duration_ms=st.sampled_from([60_000, 600_000]),
        paced_by=st.sampled_from(["clock", "game"]),
        eliminated_by=st.just("game"),
    ),
    st.builds(
        Rounds,
        count=st.integers(1, 4),
        duration_ms=st.sampled_from([60_000, 600_000]),
        elimination_rate=st.sampled_from([None, 2_500, 5_000]),
        survivors=st.sampled_from([None, 1, 3]),
        paced_by=st.sampled_from(["clock", "game"]),
    ),
)
add_ons = st.one_of(st.none(), st.builds(AddOn, st.integers(0, 500), st.sampled_from([0, 5 * POINT_SCALE])))


@st.composite
def facts(draw: st.DrawFn, players: str = "abcd", most: int = 25) -> list[Fact]:
    """Facts with distinct ids, all values, times by the game's clock within a few seconds, some at once."""
    # Few different values and moments, so that ties are common.
    small = st.integers(-1, 3).map(lambda whole: whole * POINT_SCALE)
    money = st.integers(0, 4).map(lambda whole: whole * POINT_SCALE)
    one = st.tuples(
        st.sampled_from(players), small, money, money, money, st.integers(0, 6),
        st.sampled_from([None, "dice", "slots"]),
    )  # fmt: skip
    found = []
    for n, (player, points, bet, win, multiplier, second, game) in enumerate(
        draw(st.lists(one, min_size=draw(st.sampled_from([0, most // 2])), max_size=most))
    ):
        at_ms = NOW_MS + second * 1_000
        found.append(Fact(f"f{n}", player, "round", points, bet, win, multiplier, None, at_ms, at_ms, game))
    return found


def any_rules(draw: Any) -> dict[str, Any]:
    """Fields of any tournament that six players may enter."""
    minor = st.integers(0, 10**6)
    return {
        "buy_in_minor": draw(minor),
        "fee_minor": draw(st.integers(0, 10**5)),
        "rebuy_enabled": True,
        "rebuy_fee_minor": draw(minor),
        "max_players": 6,
        "prize_pool": draw(pools()),
        "scoring": draw(scorings()),
        "rounds": draw(rounds),
        "add_on": draw(add_ons),
        "entry_scoring": draw(st.sampled_from(["cumulative", "best_entry"])),
        "grace_ms": draw(st.sampled_from([0, 5_000])),
        "forfeited_prizes": draw(st.sampled_from(["reallocate", "retain"])),
        "payout_approval": draw(st.sampled_from(["auto", "manual"])),
        "cancellation_policy": draw(st.sampled_from(["pro_rata", "full", "roll_forward"])),
    }
