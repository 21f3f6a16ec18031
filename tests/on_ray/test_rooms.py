"""The short form of `python -m tests.soak.rooms`: a room on real processes, killed in the climb, recounted."""

import pytest

from tests.on_ray.conftest import Up
from tests.soak.rooms.run import soak_room

pytestmark = pytest.mark.on_ray
KINDS = ["owner", "owner+api"]


async def test_no_bet_is_lost_and_none_counts_twice(up: Up) -> None:
    report = await soak_room(up.home, KINDS, players=40, seed=5)
    assert report.wrong == []
    assert report.kills == {"owner": 1, "owner+api": 1}
    assert report.moves["played"] > 100 and "arrived_too_late" not in report.moves
