"""Recorded histories lead where they led when they were recorded: board and ledger."""

import json
from pathlib import Path

import pytest

from server.domain.scoring.registry import MODELS
from tests.golden.record import FORMATS
from tests.golden.replay import FOLDER, outcome_of, replayed

HISTORIES = sorted(FOLDER.glob("*.json"))


def test_there_is_one_for_every_model_and_format() -> None:
    expected = {f"model_{model}" for model in MODELS} | {f"format_{build.__name__}" for build in FORMATS}
    assert {path.stem for path in HISTORIES} == expected


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_replay(path: Path) -> None:
    history = json.loads(path.read_text())
    state, ledger = replayed(history["log"])
    assert outcome_of(state, ledger) == history["leads_to"]
    assert sum(ledger.values()) == 0
    if history["leads_to"]["results"] == "final" or history["leads_to"]["status"] == "cancelled":
        assert ledger["pool"] == 0
