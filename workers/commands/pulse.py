"""Whether the front end still answers. A process that hangs does not end, so it must be asked."""

import threading
import time
import urllib.error
import urllib.request
from typing import Final

# These machines stall by the second, and a start takes ten: a front end is given up after this.
SILENT_S: Final = 60.0
_EVERY_S: Final = 2.0
_TIMEOUT_S: Final = 5.0


class Pulse:
    """Asks `/healthz` beside the supervisor's work."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answered_s = time.monotonic()
        threading.Thread(target=self._ask, daemon=True, name="pulse").start()

    def is_silent(self) -> bool:
        """No answer for too long."""
        return time.monotonic() - self._answered_s > SILENT_S

    def begin_anew(self) -> None:
        """The process was started again: it gets the whole time."""
        self._answered_s = time.monotonic()

    def _ask(self) -> None:
        while True:
            try:
                with urllib.request.urlopen(f"{self._url}/healthz", timeout=_TIMEOUT_S):
                    self._answered_s = time.monotonic()
            except (urllib.error.URLError, OSError, ValueError):
                pass
            time.sleep(_EVERY_S)
