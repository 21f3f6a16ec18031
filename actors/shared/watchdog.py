"""Names the tournament that holds up its process. Python cannot take a turn away: what can be done is to see
whose it is, and to move it out. A thread looks at the event loop; while the loop is late it looks at its stack
for the activation in turn."""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from actors.owner.activation import Activation
from actors.owner.owner import TournamentOwner
from config.owner_limits import HUNG_AFTER_S, HUNG_STEP_MAX_S, LAG_LOOK_EVERY_S, LATE_AFTER_S

log = logging.getLogger(__name__)


class Watchdog:
    """Watches the loop that runs when it is made. `on_hung` is called in the thread, with the tournament in
    turn if one is seen, when the loop has stood still for `HUNG_AFTER_S`: it ends the process."""

    def __init__(self, on_hung: Callable[[str | None], None], hung_after_s: float = HUNG_AFTER_S) -> None:
        self._on_hung = on_hung
        self._hung_after_s = hung_after_s
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._asked_at = time.monotonic()
        self._waits = False
        self._held_up: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def held_up_ms(self) -> Counter[str]:
        """For how long each tournament held up the loop, in ms, since this was last asked."""
        with self._lock:
            taken, self._held_up = self._held_up, Counter()
        return taken

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _came_back(self) -> None:
        self._waits = False

    def _watch(self) -> None:
        late_s, looked_at = 0.0, time.monotonic()
        while not self._stopped.wait(LAG_LOOK_EVERY_S):
            before, looked_at = looked_at, time.monotonic()
            if not self._waits:
                late_s, self._waits, self._asked_at = 0.0, True, looked_at
                with suppress(RuntimeError):  # the loop is closed: `stop` comes
                    self._loop.call_soon_threadsafe(self._came_back)
                continue
            if looked_at - self._asked_at < LATE_AFTER_S:
                continue
            # A longer gap is one in which this thread did not run either: a machine that stood still.
            step_s = min(looked_at - before, HUNG_STEP_MAX_S)
            late_s += step_s
            in_turn = self._in_turn()
            if in_turn is not None:
                with self._lock:
                    self._held_up[in_turn] += round(step_s * 1_000)
            if late_s >= self._hung_after_s:
                self._tell_hung(in_turn)
                return

    def _tell_hung(self, in_turn: str | None) -> None:
        frame = sys._current_frames().get(self._loop_thread)
        stack = "".join(traceback.format_stack(frame)[-12:])
        log.critical("process_hangs", extra={"tournament": in_turn, "stack": stack})
        self._on_hung(in_turn)

    def _in_turn(self) -> str | None:
        """Whose code the loop runs now: the innermost activation on its stack."""
        frame: FrameType | None = sys._current_frames().get(self._loop_thread)
        while frame is not None:
            me = frame.f_locals.get("self")
            if isinstance(me, TournamentOwner):
                return me.state.id
            if isinstance(me, Activation):
                return me.tournament_id
            frame = frame.f_back
        return None
