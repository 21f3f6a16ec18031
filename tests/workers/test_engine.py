"""Starting the engine: failures are told in one sentence, leave nothing, and fall back."""

import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.on_ray import cluster
from actors.on_ray.cluster import (
    RayCluster,
    RayDidNotStart,
    ensure_token,
    environment,
)
from config.settings import Settings
from workers.commands.up import House, remember, sweep


def processes_with(text: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if any(text in part for part in process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_start_that_fails_is_retried_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "RAY_START_TRIES", 2)
    monkeypatch.setattr(cluster, "RAY_START_TIMEOUT_S", 0.3)
    sessions: list[str] = []
    make = RayCluster._session_folder

    def noted(cluster: RayCluster) -> Path:
        folder = make(cluster)
        sessions.append(str(folder))
        return folder

    monkeypatch.setattr(RayCluster, "_session_folder", noted)
    told: list[str] = []
    with pytest.raises(RayDidNotStart, match="did not start in 2 attempts"):
        RayCluster(tmp_path, told.append).start()
    assert told[0] == "starting Ray, attempt 1 of 2" and told[2] == "starting Ray, attempt 2 of 2"
    assert len(sessions) == 2
    for session in sessions:
        assert not Path(session).exists()
        assert processes_with(session) == []


def test_without_ray_the_house_goes_on_locally_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: RayCluster) -> str:
        raise RayDidNotStart("Ray did not start in 5 attempts: too busy")

    monkeypatch.setattr(RayCluster, "start", fails)
    told: list[str] = []
    settings: Any = Settings
    house = House(settings(home=tmp_path), told.append)
    assert house.open_engine("postgresql://x") == {"PITBOSS_ENGINE": "local"}
    assert "Going on without Ray" in told[0] and "too busy" in told[0]


def test_the_token_is_ours_alone_and_a_given_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    ensure_token(tmp_path)
    token = tmp_path / "ray-token"
    first = token.read_text()
    assert token.stat().st_mode & 0o777 == 0o600 and len(first) >= 32
    ensure_token(tmp_path)
    assert token.read_text() == first
    assert environment(tmp_path)["RAY_AUTH_TOKEN_PATH"] == str(token)
    assert environment(tmp_path)["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "given")
    assert "RAY_AUTH_TOKEN_PATH" not in environment(tmp_path)


def test_what_a_killed_run_left_is_swept_and_strangers_are_not(tmp_path: Path) -> None:
    sleeper: Any = ["sleep", "600"]
    ours = subprocess.Popen(sleeper, start_new_session=True)
    stranger = subprocess.Popen(sleeper, start_new_session=True)
    try:
        remember(tmp_path, {"api": ours.pid})
        rows = (tmp_path / "processes.json").read_text()
        told: list[str] = []
        sweep(tmp_path, told.append)
        assert ours.wait(30) != 0 and len(told) == 1
        assert stranger.poll() is None
        reused = rows.replace(str(ours.pid), str(stranger.pid)).replace('"created": ', '"created": 9')
        (tmp_path / "processes.json").write_text(reused)
        sweep(tmp_path, told.append)
        time.sleep(0)
        assert stranger.poll() is None and not (tmp_path / "processes.json").exists()
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()
