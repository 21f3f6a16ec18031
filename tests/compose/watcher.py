"""A spectator's socket that resumes, and checks that no frame is missing or out of order."""

import asyncio
import json
from dataclasses import dataclass, field

import websockets


@dataclass(slots=True)
class Watcher:
    """One public tournament."""

    url: str
    frames: int = 0
    reconnects: int = 0
    wrong: list[str] = field(default_factory=list)
    at: tuple[int, int] | None = None

    async def watch(self, ends: asyncio.Event) -> None:
        """Until told to stop; connects again whenever the socket ends."""
        while not ends.is_set():
            resume = "" if self.at is None else f"&resume={self.at[0]}:{self.at[1]}"
            try:
                async with websockets.connect(f"{self.url}?spectate{resume}", open_timeout=10) as socket:
                    async for text in socket:
                        self._take(json.loads(text))
                        if ends.is_set():
                            return
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            self.reconnects += 1
            await asyncio.sleep(0.3)

    def _take(self, frame: dict[str, object]) -> None:
        epoch, seq = frame.get("epoch"), frame.get("seq")
        if not isinstance(epoch, int) or not isinstance(seq, int):
            return
        self.frames += 1
        if self.at is not None and frame["type"] != "snapshot":
            if epoch != self.at[0]:
                self.wrong.append(f"epoch {epoch} after {self.at[0]} begins with {frame['type']}")
            elif seq != self.at[1] + 1:
                self.wrong.append(f"{frame['type']} {seq} after {self.at[1]}")
        elif self.at is not None and (epoch, seq) < self.at:
            self.wrong.append(f"snapshot {epoch}:{seq} after {self.at}")
        self.at = (epoch, seq)
