"""What a process writes to its log."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def written_by(configure: Callable[[str, str], None]) -> Iterator[io.StringIO]:
    """Standard error of a process that was configured so, as `some`; afterwards this one is as it was."""
    out, root, stderr = io.StringIO(), logging.getLogger(), sys.stderr
    handlers, level = root.handlers[:], root.level
    sys.stderr = out
    try:
        configure("INFO", "some")
        yield out
    finally:
        sys.stderr = stderr
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
