"""The five requests that are measured, of the plain servers and of ours."""

import itertools
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.load.http_load import request_bytes

PLAYERS = 1_000
# Operation: connections, and how many of it one request carries.
OPERATIONS = {
    "one fact, durable": (64, 1),
    "100 facts a request, per fact": (16, 100),
    "rank of one player": (64, 1),
    "top 50": (64, 1),
    "register a player, keyed, paid": (64, 1),
}


def _bodies(*, batch: int) -> Iterator[dict[str, Any]]:
    """Facts of all players, `batch` a request."""
    for serial in itertools.count():
        facts = [
            {
                "event_id": f"{batch}-{serial}-{n}",
                "player": f"u{(serial * batch + n) % PLAYERS}",
                "points": n % 9 + 1,
            }
            for n in range(batch)
        ]
        yield {"events": facts} if batch > 1 else facts[0]


def _encoded(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def plain_requests() -> dict[str, Iterator[bytes]]:
    """The requests of the plain servers."""
    post = partial(request_bytes, "POST")
    ranks = [request_bytes("GET", f"/rank?player=u{n}", {}) for n in range(PLAYERS)]
    sales = (
        post(
            "/players",
            {"idempotency-key": f"k{n}"},
            _encoded({"userId": f"r{n}", "playerId": f"p{n}", "paymentId": f"pay{n}", "amountMinor": 1_000}),
        )
        for n in itertools.count()
    )
    values = (
        (post("/facts", {}, _encoded(body)) for body in _bodies(batch=1)),
        (post("/facts/many", {}, _encoded(body)) for body in _bodies(batch=100)),
        itertools.cycle(ranks),
        itertools.repeat(request_bytes("GET", "/top", {})),
        sales,
    )
    return dict(zip(OPERATIONS, values, strict=True))


def our_requests(operator: dict[str, str], played: str, sold: str) -> dict[str, Iterator[bytes]]:
    """Ours: of one tournament in play, and one that sells."""
    auth = {"authorization": f"Bearer {operator['api_key']}"}
    platform = {"authorization": f"Bearer {operator['game_platform_key']}"}
    board = f"/api/tournaments/{played}/leaderboard"
    facts = partial(request_bytes, "POST", f"/api/internal/tournaments/{played}/events", platform)
    around = "around=u{}&above=0&below=0"
    ranks = [request_bytes("GET", f"{board}?{around.format(n)}", auth) for n in range(PLAYERS)]
    sales = (
        request_bytes(
            "POST",
            f"/api/tournaments/{sold}/players",
            auth | {"idempotency-key": f"{sold}-{n}"},
            _encoded({"userId": f"r{n}", "buyInAmount": 10, "paymentId": f"{sold}-{n}"}),
        )
        for n in itertools.count()
    )
    values = (
        (facts(body=_encoded({"events": [body]})) for body in _bodies(batch=1)),
        (facts(body=_encoded(body)) for body in _bodies(batch=100)),
        itertools.cycle(ranks),
        itertools.repeat(request_bytes("GET", f"{board}?limit=50", auth)),
        sales,
    )
    return dict(zip(OPERATIONS, values, strict=True))
