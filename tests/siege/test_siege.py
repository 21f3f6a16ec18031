"""The short siege that CI runs: on a served front end, in this process."""

import asyncio
from dataclasses import replace

from api.context.connection_limits import ConnectionLimits
from api.context.stranger_limits import StrangerLimits
from server.domain.ids import OperatorId, Tenant
from tests.siege.siege import besiege
from tests.support.served import a_served_house


async def test_honest_callers_do_not_notice_a_siege() -> None:
    async with a_served_house() as served:
        house = served.house
        house.ctx.stranger_limits = StrangerLimits(house.clock, 600)
        house.ctx.connection_limits = ConnectionLimits(2_000)
        house.ctx.socket_limits = ConnectionLimits(1_000)
        for key, _ in await house.store.keys(Tenant(OperatorId("op_123"), live=True)):
            await house.store.add_key(replace(key, rate_factor=1_000))
        keys = [auth["Authorization"].removeprefix("Bearer ") for auth in (house.auth, house.platform)]
        url = f"http://127.0.0.1:{served.port}"
        async with asyncio.timeout(300):
            report = await besiege(url, *keys, hostile=30, honest=10, seconds=8, attacks=60)
    assert report.told.wrong == [], str(report)
