"""What the pages cost a visitor's machine: counts and sums of the renderer, not times of a wall clock.

`make soak-browser` takes ten minutes and 200 flights instead, and prints what it measured.
"""

import logging
import os

from tests.browser.thrift import board_for, flights_for, throttled_frames
from tests.browser.visitor import Visitor

log = logging.getLogger(__name__)
IS_SOAK = os.environ.get("BROWSER_SOAK") == "1"
SECONDS, FLIGHTS = (600, 200) if IS_SOAK else (30, 3)
WARM_S, WARM_FLIGHTS = (60, 20) if IS_SOAK else (4, 2)
# Of the main thread: 5 % of the time at five deltas a second. Nodes and heap grow by 5 % at most.
BUSY_SHARE_MAX = 0.05
GROWTH_MAX = 1.05
SLOWER_TIMES = 4


async def test_a_board_of_fifty_rows_at_five_deltas_a_second(visitor: Visitor) -> None:
    cost = await board_for(visitor, SECONDS, WARM_S)
    log.info("board, %s s at 5 deltas/s: %s", SECONDS, cost)
    assert cost.frames > SECONDS * 3, cost
    assert cost.busy_s <= BUSY_SHARE_MAX * SECONDS * 2, cost  # twice: this machine is slow and shared
    assert cost.nodes_after <= cost.nodes_before * GROWTH_MAX, cost
    assert cost.heap_after <= cost.heap_before * GROWTH_MAX + 200_000, cost


async def test_flight_after_flight(visitor: Visitor) -> None:
    cost = await flights_for(visitor, FLIGHTS, WARM_FLIGHTS)
    log.info("%s flights: %s", FLIGHTS, cost)
    assert cost.nodes_after <= cost.nodes_before * GROWTH_MAX + 100, cost
    assert cost.heap_after <= cost.heap_before * GROWTH_MAX + 400_000, cost


async def test_a_slow_phone_draws_every_frame(visitor: Visitor) -> None:
    drawn = await throttled_frames(visitor, max(FLIGHTS // 10, 2), SLOWER_TIMES)
    middle, late = drawn[len(drawn) // 2], drawn[len(drawn) * 95 // 100]
    log.info("%s times slower, %s frames: p50 %.1f ms, p95 %.1f ms", SLOWER_TIMES, len(drawn), middle, late)
    assert len(drawn) > FLIGHTS, "the climb is drawn while it goes on"
