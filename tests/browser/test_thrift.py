"""What the pages cost a visitor's machine: counts and sums of the renderer, not times of a wall clock."""

from tests.browser.thrift import board_for, flights_for
from tests.browser.visitor import Visitor

SECONDS = 30
# Of the main thread: 5 % of the time at five deltas a second. Nodes and heap grow by 5 % at most.
BUSY_SHARE_MAX = 0.05
GROWTH_MAX = 1.05


async def test_a_board_of_fifty_rows_at_five_deltas_a_second(visitor: Visitor) -> None:
    cost = await board_for(visitor, SECONDS)
    assert cost.frames > SECONDS * 3, cost
    assert cost.busy_s <= BUSY_SHARE_MAX * SECONDS * 2, cost  # twice: this machine is slow and shared
    assert cost.nodes_after <= cost.nodes_before * GROWTH_MAX, cost
    assert cost.heap_after <= cost.heap_before * GROWTH_MAX + 200_000, cost


async def test_a_dozen_flights(visitor: Visitor) -> None:
    cost = await flights_for(visitor, SECONDS)
    assert cost.frames >= 2, cost
    assert cost.nodes_after <= cost.nodes_before * GROWTH_MAX + 100, cost
    assert cost.heap_after <= cost.heap_before * GROWTH_MAX + 400_000, cost
