"""The short form of `make soak`: real processes killed under load, then the books."""

import pytest

from tests.on_ray.conftest import Up
from tests.soak.run import soak

pytestmark = pytest.mark.on_ray
KINDS = ["owner"] * 4 + ["api", "workers", "postgres"]


async def test_whatever_is_killed_nothing_is_lost_and_nothing_counted_twice(up: Up) -> None:
    report = await soak(up.home, KINDS, pause_s=1.0, seed=3)
    assert report.wrong == []
    assert report.kills == {"owner": 4, "api": 1, "workers": 1, "postgres": 1}
    assert report.acknowledged > 1_000
