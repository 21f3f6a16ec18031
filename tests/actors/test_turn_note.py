"""Whose turn it was when a process died is known to the next one, which gives that tournament away."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.shared.policy import OWN
from actors.shared.shared_owner import give_away_crashed
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.runtime.turn_note import TurnNote
from server.storage.memory.store import MemoryStore
from tests.contracts.stores import Writer
from tests.support.builders import TENANT, command_request, register
from tests.support.clock import ManualClock

ROOT = Path(__file__).parents[2]
_DIES = """
import os, pathlib, signal, sys
from server.runtime.turn_note import TurnNote
note = TurnNote(pathlib.Path(sys.argv[1]), "database", "shared:1")
with note.turn("before"):
    pass
with note.turn("t-17"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_in_a_turn_leaves_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "turns"
    ended = subprocess.run([sys.executable, "-c", _DIES, folder], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert TurnNote(folder, "database", "shared:2").left is None, "another process"
    assert TurnNote(folder, "other", "shared:1").left is None, "another house"
    note = TurnNote(folder, "database", "shared:1")
    assert note.left == "t-17"
    assert TurnNote(folder, "database", "shared:1").left == "t-17", "until it was dealt with"
    note.begin()
    assert TurnNote(folder, "database", "shared:1").left is None
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_outside_of_a_turn_there_is_no_name(tmp_path: Path) -> None:
    note = TurnNote(tmp_path / "turns", "house")
    note.begin()
    with pytest.raises(RuntimeError), note.turn("t" * 1_000):
        raise RuntimeError
    note.close()
    assert TurnNote(tmp_path / "turns", "house").left is None


def test_a_folder_of_others_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "turns").mkdir(mode=0o755)
    (tmp_path / "turns").chmod(0o777)
    with pytest.raises(PermissionError):
        TurnNote(tmp_path / "turns", "house")


def test_a_full_disk_is_an_error_and_no_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a block behind it would end the process at its first turn."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="full"):
        TurnNote(tmp_path / "turns", "house")


async def test_it_comes_back_alone(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore(ManualClock())
    writer = Writer("t-17", TENANT)
    await store.begin(writer.first)
    await store.place(TournamentId("t-17"), "shared:1", None)
    await give_away_crashed(store, None, "shared:1")
    await give_away_crashed(store, "t-17", "shared:2")
    placed = await store.placed(TournamentId("t-17"))
    assert placed is not None and placed.placement == "shared:1", "it has moved meanwhile"
    await give_away_crashed(store, "t-17", "shared:1")
    placed = await store.placed(TournamentId("t-17"))
    assert placed is not None and placed.placement == OWN
    assert "process_ended_in_turn" in caplog.messages


async def test_it_does_not_come_back_among_others_when_its_own_process_is_silent() -> None:
    clock = ManualClock()
    store = MemoryStore(clock)
    writer = Writer("t-17", TENANT)
    await store.begin(writer.first)
    await store.place(TournamentId("t-17"), "shared:1", None)
    await give_away_crashed(store, "t-17", "shared:1")
    writer.epoch = await store.take_over(writer.id, "node/1", OWN) or 0
    orders = [command_request(one) for one in (register("a"), register("b"), commands.Start())]
    await store.commit(writer.commit(*orders))
    await clock.advance(10_000)
    assert [one.needs_own for one in await store.silent(2.5)] == [True]
