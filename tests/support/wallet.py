"""A wallet that keeps the once-only rule, and fails as it is told to."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from workers.http_client import Answer, Unreachable


class Wallet:
    """Credits each key once, whatever it answers; `mood` decides what the caller hears."""

    def __init__(self) -> None:
        self.credited: dict[str, dict[str, Any]] = {}
        self.asked: Counter[str] = Counter()
        self.mood: Callable[[str], str] = lambda key: "ok"

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Stands where `Outgoing` does."""
        key = headers["Idempotency-Key"]
        self.asked[key] += 1
        mood = self.mood(key)
        if mood == "away":
            raise Unreachable("planted: no connection")
        if mood == "busy":
            return Answer(503, b"later")
        if mood == "unknown user":
            return Answer(422, b"who is that?")
        if mood == "garbled":
            return Answer(422, b"no\n\x00user \x1b[31m\xff" + b"x" * 1_000)
        self.credited.setdefault(key, msgspec.json.decode(body))
        if mood == "answer lost":
            raise Unreachable("planted: connection lost")
        return Answer(200, msgspec.json.encode({"reference": f"w-{key[-6:]}"}))

    def paid_minor(self) -> int:
        """The sum of all credits, in cents."""
        return sum(round(one["amount"] * 100) for one in self.credited.values())
