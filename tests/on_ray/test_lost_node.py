"""A node that leaves and one that is lost, in a cluster of three on loopback: `tests.on_ray.three_nodes`."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.limits import CALL_DEADLINE_S
from tests.on_ray.conftest import ROOT

pytestmark = pytest.mark.on_ray
log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def figures(home: Path) -> dict[str, Any]:
    """What callers saw."""
    folder = home / "three"
    folder.mkdir()
    folder.chmod(0o755)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PITBOSS_", "RAY_"))}
    command = [sys.executable, "-m", "tests.on_ray.three_nodes", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    log.info("three nodes: %s", found)
    return found


@pytest.mark.timeout(600)
def test_nothing_is_lost_and_no_caller_is_told_an_error(figures: dict[str, Any]) -> None:
    assert figures["facts"] > 500
    assert figures["counted_wrong"] == [] and figures["wrong_answers"] == []
    assert max(figures[name]["longest_s"] for name in ("before", "drain", "lost")) < CALL_DEADLINE_S


def test_a_node_that_is_told_to_stop_hands_over_what_it_owns(figures: dict[str, Any]) -> None:
    assert figures["drain"]["exit"] == 0 and figures["left_on_drained"] == 0
    assert figures["admitted"], "it comes again under the same name"


def test_shared_owners_stand_on_different_nodes_again(figures: dict[str, Any]) -> None:
    assert figures["shared_stand_on"] == ["node-2", "node-3"]


def test_what_a_hanging_node_owned_comes_back_elsewhere(figures: dict[str, Any]) -> None:
    assert figures["lost_had"] > 0 and figures["lost"]["noticed"] > 0
    assert figures["left_on_lost"] == 0
