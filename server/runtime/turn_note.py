"""Which tournament a process works for at this moment, written where a crash does not take it away.

A page of a file that is mapped into memory: the kernel keeps it when the process is killed, and writing costs
no call. It is a hint: what runs while a turn waits for the database may be noted as none. A wrong one costs
a process.
"""

import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import blake2b
from pathlib import Path
from typing import Final

_BYTES: Final = 256
Turn = Callable[[str], AbstractContextManager[None]]


def no_turn(_: str) -> AbstractContextManager[None]:
    """Where none is noted."""
    return nullcontext()


class TurnNote:
    """`left` names the tournament in whose turn the process before this one ended, if it ended in one, until
    `begin`. It may have been long ago."""

    def __init__(self, folder: Path, *house: str) -> None:
        """`house` tells this process from others on the machine. Raises `OSError`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077 or folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{folder} is open to others")
        name = blake2b("\x1f".join(house).encode(), digest_size=16).hexdigest()
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            # Not a hole: a full disk would end the process at the first turn.
            os.posix_fallocate(descriptor, 0, _BYTES)
            self._page = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)
        length = self._page[0]
        self.left = self._page[1 : 1 + length].decode(errors="replace") if length else None

    def begin(self) -> None:
        """What was left is dealt with."""
        self._page[0] = 0

    @contextmanager
    def turn(self, tournament_id: str) -> Iterator[None]:
        """What runs inside is of this tournament."""
        name = tournament_id.encode()[: _BYTES - 1]
        self._page[1 : 1 + len(name)] = name
        self._page[0] = len(name)
        try:
            yield
        finally:
            self._page[0] = 0

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()
