"""FastAPI, asyncpg and redis-py: facts are stored one by one, ranks are a sorted set, a sale is one statement.

No authentication, no limits, no scoring, no ledger. `python -m tests.load.peers.plain_fastapi <postgres>
<redis> <port>`
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel
from redis.asyncio import Redis

BOARD = "board"
POOL = 16
_ONE = "INSERT INTO facts (event_id, player, points) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1"
_MANY = (
    "INSERT INTO facts (event_id, player, points) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])"
    " ON CONFLICT DO NOTHING RETURNING player, points"
)
SALE = (
    "WITH claimed AS (INSERT INTO answers (key, body) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1),"
    " seat AS (UPDATE tournaments SET sold = sold + 1, pool_minor = pool_minor + $6 WHERE id = 'plain'"
    " AND sold < capacity AND EXISTS (SELECT 1 FROM claimed) RETURNING 1),"
    " paid AS (INSERT INTO payments SELECT $5, $3, $6 FROM seat)"
    " INSERT INTO entries (user_id, player_id) SELECT $3, $4 FROM seat RETURNING player_id"
)


class Fact(BaseModel):
    """One fact."""

    event_id: str
    player: str
    points: int


class Facts(BaseModel):
    """Several."""

    events: list[Fact]


class Sale(BaseModel):
    """An entry and its payment."""

    userId: str  # noqa: N815 - as it is sent
    playerId: str  # noqa: N815
    paymentId: str  # noqa: N815
    amountMinor: int  # noqa: N815


pool: Any
redis: Redis


@asynccontextmanager
async def _opened(app: FastAPI) -> AsyncIterator[None]:
    global pool, redis
    pool = await asyncpg.create_pool(sys.argv[1], min_size=POOL, max_size=POOL)
    redis = Redis.from_url(sys.argv[2], decode_responses=True)
    yield


app = FastAPI(lifespan=_opened)


@app.post("/facts")
async def fact(one: Fact) -> dict[str, Any]:
    """Stored before it is answered."""
    fresh = await pool.fetchval(_ONE, one.event_id, one.player, one.points)
    if fresh:
        await redis.zincrby(BOARD, one.points, one.player)
    return {"eventId": one.event_id, "status": "accepted" if fresh else "duplicate"}


@app.post("/facts/many")
async def facts(many: Facts) -> dict[str, Any]:
    """One statement, one pipeline."""
    columns = zip(*((one.event_id, one.player, one.points) for one in many.events), strict=True)
    fresh = await pool.fetch(_MANY, *columns)
    async with redis.pipeline(transaction=False) as pipeline:
        for player, points in fresh:
            pipeline.zincrby(BOARD, points, player)
        await pipeline.execute()
    return {"accepted": len(fresh)}


@app.get("/rank")
async def rank(player: str) -> dict[str, Any]:
    """Where one player stands."""
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.zrevrank(BOARD, player)
        pipeline.zscore(BOARD, player)
        pipeline.hget("names", player)
        at, points, name = await pipeline.execute()
    return {"position": at + 1, "player": player, "displayName": name, "points": points}


@app.get("/top")
async def top() -> dict[str, Any]:
    """The first fifty."""
    rows: Any = await redis.zrevrange(BOARD, 0, 49, withscores=True)
    names: Any = await redis.hmget("names", [player for player, _ in rows])
    found = zip(rows, names, strict=True)
    shown = [
        {"position": n, "player": player, "displayName": name, "points": points}
        for n, ((player, points), name) in enumerate(found, 1)
    ]
    return {"leaderboard": shown}


@app.post("/players", status_code=201)
async def register(sale: Sale, idempotency_key: str = Header()) -> dict[str, Any]:
    """Claim, seat, payment and entry in one statement."""
    answer = {"playerId": sale.playerId, "status": "registered"}
    payment = (sale.userId, sale.playerId, sale.paymentId, sale.amountMinor)
    if await pool.fetchval(SALE, idempotency_key, json.dumps(answer), *payment) is None:
        raise HTTPException(409)
    await redis.zadd(BOARD, {sale.userId: 0})
    return answer


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[3]), access_log=False, log_level="warning")
