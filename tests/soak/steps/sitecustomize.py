"""Found by Python where this folder is on its path: the clock of the process is wrong by as many milliseconds
as the file named by SOAK_CLOCK says."""

import os
import time
from pathlib import Path

_true_ns, _file = time.time_ns, os.environ.get("SOAK_CLOCK")


def _wrong_ns() -> int:
    try:
        return _true_ns() + int(Path(_file or "").read_text()) * 1_000_000
    except (OSError, ValueError):
        return _true_ns()


if _file:
    time.time_ns = _wrong_ns
