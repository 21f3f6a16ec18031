"""Python's cyclic garbage collector, told what kind of house this is."""

import ctypes
import gc
import sys
from contextlib import suppress

# Net allocations before a young collection, and how many of those before an older one. The defaults walk
# every tuple of every player every few thousand facts, which costs up to half of counting them.
_THRESHOLDS = (50_000, 20, 100)


def calm_collector() -> None:
    """Reference counts free nearly everything here; cycles are few and may wait. Called once a process, when
    it is ready to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def give_back() -> None:
    """Freed memory goes back to the system, where the C library knows how; after work that took much more
    than it keeps."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
