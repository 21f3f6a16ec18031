"""Lines on their way to standard error, in blocks: a write of its own costs more than making a line does."""

import atexit
import sys
import threading
from collections import deque
from contextlib import suppress

_WAIT_S = 0.1
_BLOCK_LINES = 200


class LineWriter:
    """A stream for `logging` and for structlog. What it got is written within a tenth of a second, or when it
    is much; `flush_now` does not wait."""

    def __init__(self) -> None:
        self._out = sys.stderr
        self._lines: deque[str] = deque()  # appended to by all threads, without a lock
        # Within a thread once more: what the collector finalises may log while lines are written.
        self._lock = threading.RLock()
        self._has_some = threading.Event()
        threading.Thread(target=self._write_on, name="log-lines", daemon=True).start()
        atexit.register(self.flush_now)

    def write(self, text: str) -> None:
        """Keep a text, with its line feed, for the next block."""
        self._lines.append(text)
        if len(self._lines) >= _BLOCK_LINES:
            self.flush_now()
        elif not self._has_some.is_set():
            self._has_some.set()

    def flush(self) -> None:
        """`logging` asks for it behind each line; the next block has it."""

    def flush_now(self) -> None:
        """Write what there is, in the order in which it came. What cannot be written is lost: no request may
        fail because of its log line."""
        with self._lock, suppress(OSError, ValueError):
            if lines := [self._lines.popleft() for _ in range(len(self._lines))]:
                self._out.write("".join(lines))
                self._out.flush()

    def _write_on(self) -> None:
        while True:
            self._has_some.wait()
            self._has_some.clear()
            threading.Event().wait(_WAIT_S)
            self.flush_now()
