"""A bounded history of frames, for sockets that come back and front ends that lag. Pure."""

from collections import deque
from typing import Generic, NamedTuple, TypeVar

Data = TypeVar("Data")


class Frame(NamedTuple, Generic[Data]):
    """One message of the channel, encoded once: as bytes, or ready for a wire. `seq` grows by one a frame."""

    seq: int
    kind: str
    data: Data


class History(Generic[Data]):
    """The newest `capacity` frames of one epoch."""

    def __init__(self, capacity: int) -> None:
        self._frames: deque[Frame[Data]] = deque(maxlen=capacity)

    def add(self, frame: Frame[Data]) -> None:
        """Append the next frame. A gap means that earlier ones are useless: they are dropped."""
        if self._frames and self._frames[-1].seq + 1 != frame.seq:
            self._frames.clear()
        self._frames.append(frame)

    def clear(self) -> None:
        """Forget everything: a new epoch began."""
        self._frames.clear()

    def since(self, seq: int, newest: int) -> list[Frame[Data]] | None:
        """All frames behind `seq` up to `newest`, or None when some are gone: start from a snapshot."""
        if seq == newest:
            return []
        if not 0 <= seq < newest or not self._frames or self._frames[0].seq > seq + 1:
            return None
        first = seq + 1 - self._frames[0].seq
        return list(self._frames)[first:]
