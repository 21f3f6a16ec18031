"""Systems of an operator that take events, and fail as they are told to."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from workers.http_client import Answer, Unreachable


class Receiver:
    """Stands where `Outgoing` does. `mood` decides per call what the sender hears; what was taken is kept in
    the order of its coming."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.tries: list[tuple[str, dict[str, str]]] = []
        self.mood: Callable[[str], str | int] = lambda url: "ok"
        self.answer: Callable[[dict[str, Any]], bytes] = lambda event: b"ok"

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try."""
        self.tries.append((url, dict(headers)))
        mood = self.mood(url)
        if mood == "away":
            raise Unreachable("planted: no connection")
        if mood == "hang":
            await asyncio.Event().wait()
        if isinstance(mood, int):
            return Answer(mood, b"planted", 60.0 if mood == 429 else None)
        event = msgspec.json.decode(body)
        assert event["eventId"] == headers["webhook-id"]
        self.taken.append(event)
        if mood == "answer lost":
            raise Unreachable("planted: connection lost")
        return Answer(200, self.answer(event))

    def by_tournament(self) -> dict[str, list[int]]:
        """Sequences as they came, each event once."""
        found: dict[str, list[int]] = defaultdict(list)
        for event in self.taken:
            name = event["tournamentId"] or "house"
            if event["sequence"] not in found[name]:
                found[name].append(event["sequence"])
        return dict(found)
