"""Ranking operations beside the bare structure and a Redis sorted set, in one run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sortedcontainers import SortedList

from server.domain.ranking import PLAYER_BITS, Ranking
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.scorer import MOMENT_BITS, MOMENT_SEQ_BITS, Scorer
from server.domain.scoring.tally import Tally
from server.runtime.randomness import dice
from tests.load.measure import RUNS, median, table, timed
from tests.support.servers import a_redis

SIZES = (1_000, 100_000, 1_000_000)
OPERATIONS = 5_000
REDIS_OPERATIONS = 1_000
_NOW_MS = 1_800_000_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU (ours) or wall (with a server in between) an operation."""

    update: float
    rank: float
    top: float


def _each(work: Callable[[int], Any], count: int, *, wall: bool) -> float:
    with timed() as found:
        for n in range(count):
            work(n)
    return (found.wall_s if wall else found.cpu_s) / count * 1e6


def _plan(size: int) -> tuple[list[int], list[int]]:
    luck = dice()
    return [luck.randrange(size) for _ in range(OPERATIONS)], [luck.randint(1, 99) for _ in range(OPERATIONS)]


def ours(size: int) -> Cost:
    """`Ranking`, as the owner uses it."""
    ranking, points, order, tally = Ranking(), [0] * size, Scorer(Scoring()).order, Tally()
    ranking.fill([(no, 0, order(tally, 0, _NOW_MS, no + 1)) for no in range(size)])
    players, gains = _plan(size)

    def update(n: int) -> None:
        no = players[n]
        points[no] += gains[n]
        ranking.place(no, points[no], order(tally, points[no], _NOW_MS, size + n))

    return Cost(
        _each(update, OPERATIONS, wall=False),
        _each(lambda n: ranking.position_of(players[n]), OPERATIONS, wall=False),
        _each(lambda n: ranking.page(0, 50), 500, wall=False),
    )


def bare(size: int) -> Cost:
    """The same packed integers in a SortedList, and nothing round it."""
    points = [0] * size
    now = _NOW_MS << MOMENT_SEQ_BITS + PLAYER_BITS
    keys = [now + (no + 1 << PLAYER_BITS) + no for no in range(size)]
    board = SortedList(keys)
    players, gains = _plan(size)

    def update(n: int) -> None:
        no = players[n]
        points[no] += gains[n]
        board.remove(keys[no])
        keys[no] = (-points[no] << MOMENT_BITS + PLAYER_BITS) + now + (size + n << PLAYER_BITS) + no
        board.add(keys[no])

    return Cost(
        _each(update, OPERATIONS, wall=False),
        _each(lambda n: board.bisect_left(keys[players[n]]) + 1, OPERATIONS, wall=False),
        _each(lambda n: list(board.islice(0, 50)), 500, wall=False),
    )


def redis_zset(client: Any, size: int) -> Cost:
    """A Redis sorted set over loopback, redis-py with hiredis; wall time, because the server works too."""
    client.delete("board")
    for start in range(0, size, 10_000):
        client.zadd("board", {f"p{no}": 0 for no in range(start, min(start + 10_000, size))})
    players, gains = _plan(size)
    return Cost(
        _each(lambda n: client.zincrby("board", gains[n], f"p{players[n]}"), REDIS_OPERATIONS, wall=True),
        _each(lambda n: client.zrevrank("board", f"p{players[n]}"), REDIS_OPERATIONS, wall=True),
        _each(lambda n: client.zrevrange("board", 0, 49, withscores=True), 300, wall=True),
    )


def measure() -> tuple[str, dict[str, Any]]:
    """The table and its figures: medians of RUNS runs taken in turn."""
    rows, figures = [], {}
    with a_redis() as client:
        for size in SIZES:
            runs: dict[str, list[Cost]] = {"Pitboss": [], "bare sortedcontainers": [], "Redis sorted set": []}
            for _ in range(RUNS):
                runs["Pitboss"].append(ours(size))
                runs["bare sortedcontainers"].append(bare(size))
                runs["Redis sorted set"].append(redis_zset(client, size))
            middle = {
                name: Cost(*(median(getattr(cost, f) for cost in costs) for f in Cost.__slots__))
                for name, costs in runs.items()
            }
            base = middle["Pitboss"]
            for name, cost in middle.items():
                ratio = f"{cost.update / base.update:.2f} / {cost.rank / base.rank:.2f}"
                figures[f"{name} {size}"] = [cost.update, cost.rank, cost.top]
                cells = [f"{size:,}", name, f"{cost.update:.2f}", f"{cost.rank:.2f}", f"{cost.top:.1f}", ratio]
                rows.append(cells)
    head = ["players", "structure", "update, us", "rank, us", "top 50, us", "times Pitboss (update / rank)"]
    return table(head, rows), figures
