"""The short forms of the soaks: real processes killed, and tournaments moved, under load; then the books."""

import pytest

from tests.on_ray.conftest import Up
from tests.soak.moves import moves
from tests.soak.run import soak

pytestmark = pytest.mark.on_ray
KINDS = ["owner"] * 4 + ["api", "workers", "postgres"]


async def test_whatever_is_killed_nothing_is_lost_and_nothing_counted_twice(up: Up) -> None:
    report = await soak(up.home, KINDS, pause_s=1.0, seed=3)
    assert report.wrong == []
    assert report.kills == {"owner": 4, "api": 1, "workers": 1, "postgres": 1}
    assert report.acknowledged > 1_000


async def test_what_starts_moves_to_processes_of_their_own_and_none_outside_notices(up: Up) -> None:
    report = await moves(up.run(), tournaments=4, facts_a_second=400)
    assert report.wrong == [] and report.troubles == {}
    assert report.shared_at_start > 0 and set(report.moved_s) == {"half", "all"}
    assert report.frames > 0 and report.reconnects == 0
