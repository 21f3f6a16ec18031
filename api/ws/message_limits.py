"""How much a client of the player socket may say: counted from its first frame, read in slices."""

from collections.abc import Iterator

from config.door_limits import SOCKET_SLICE_BYTES, SOCKET_SLICES_AFTER_CLOSE_MAX
from config.limits import SOCKET_MESSAGES_PER_S


class Patience:
    """With one client. Times are monotonic."""

    __slots__ = ("_after_close", "_said", "_window_ms")

    def __init__(self) -> None:
        self._window_ms = self._said = self._after_close = 0

    def slices(self, data: bytes) -> Iterator[bytes]:
        """What came, a few frames at a time."""
        for start in range(0, len(data), SOCKET_SLICE_BYTES):
            yield data[start : start + SOCKET_SLICE_BYTES]

    def may_say(self, now_ms: int) -> bool:
        """Count a frame; False when there are too many in a second."""
        if now_ms - self._window_ms >= 1_000:
            self._window_ms, self._said = now_ms, 0
        self._said += 1
        return self._said <= SOCKET_MESSAGES_PER_S

    def is_over(self) -> bool:
        """Whether twice as many came in this second as may be said."""
        return self._said > 2 * SOCKET_MESSAGES_PER_S

    def waits_for_goodbye(self) -> bool:
        """A client that was told to go may still say that it does; False when it says much more."""
        self._after_close += 1
        return self._after_close <= SOCKET_SLICES_AFTER_CLOSE_MAX
