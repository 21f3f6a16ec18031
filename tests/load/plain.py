"""The peer: a leaderboard written plainly in FastAPI over a Redis sorted set, with keys and limits.

`python -m tests.load.plain <redis url> <port>`
"""

import hmac
import sys
import time
from hashlib import sha256
from typing import Any

import uvicorn
from fastapi import FastAPI, Header, HTTPException
from redis.asyncio import Redis

KEY_ID, SECRET = "pk_live_plain", "sk_live_plain"
LIMIT = 1_000_000

app = FastAPI()
store: Redis


@app.get("/api/tournaments/{tournament_id}/leaderboard")
async def leaderboard(
    tournament_id: str, limit: int = 50, offset: int = 0, authorization: str = Header("")
) -> dict[str, Any]:
    """A page of the board."""
    key_id, _, secret = authorization.removeprefix("Bearer ").partition(":")
    known: Any = await store.hget("keys", key_id)
    if known is None or not hmac.compare_digest(known.decode(), sha256(secret.encode()).hexdigest()):
        raise HTTPException(401)
    window = f"limit:{key_id}:{int(time.time()) // 60}"
    used = await store.incr(window)
    if used == 1:
        await store.expire(window, 60)
    if used > LIMIT:
        raise HTTPException(429)
    rows: Any = await store.zrevrange(tournament_id, offset, offset + limit - 1, withscores=True)
    names: Any = await store.hmget("names", [name for name, _ in rows]) if rows else []
    total = await store.zcard(tournament_id)
    return {
        "tournamentId": tournament_id,
        "leaderboard": [
            {
                "position": offset + n,
                "rank": offset + n,
                "playerId": name.decode(),
                "displayName": (shown or b"").decode(),
                "points": points,
                "userId": name.decode(),
                "entries": 1,
            }
            for n, ((name, points), shown) in enumerate(zip(rows, names, strict=True), start=1)
        ],
        "pagination": {"total": total, "limit": limit, "offset": offset, "hasMore": offset + limit < total},
    }


def main() -> None:
    """Serve until told to stop."""
    global store
    store = Redis.from_url(sys.argv[1])
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
