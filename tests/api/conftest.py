"""A front end over memory, on manual time."""

from collections.abc import AsyncIterator

import pytest

from tests.support.app import House, a_house


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house() as opened:
        yield opened
