"""A changed formula is a new version beside the old one: what was sold is played as it was sold."""

import json
from dataclasses import replace

import pytest

from server.domain.scoring.declaration import Scoring, declared, faults_of
from server.domain.scoring.models.highest import SPECS as HIGHEST
from server.domain.scoring.registry import MODELS, SPECS, newest
from server.domain.tournament import commands
from tests.golden.replay import FOLDER, outcome_of, replayed
from tests.support.builders import Story


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second version of points_based, which takes the greatest value instead of the sum."""
    former = SPECS["points_based", 1]
    changed = replace(HIGHEST[0], model="points_based", version=2, value=former.value, sentence="Greatest.")
    monkeypatch.setitem(SPECS, ("points_based", 2), changed)


def played(story: Story) -> float:
    """Ann's score after 5 and 2 points."""
    story.players("ann", "ben").started()
    story.score(ann=5)
    story.score(ann=2)
    return story.board()[0][3]


def test_every_model_has_all_its_versions() -> None:
    assert {model for model, _ in SPECS} == set(MODELS)
    for model in MODELS:
        assert [version for name, version in sorted(SPECS) if name == model] == [*range(1, newest(model) + 1)]


@pytest.mark.usefixtures("second")
def test_new_tournaments_are_sold_under_the_newest_version() -> None:
    story = Story()
    assert story.tournament.rules.scoring == declared() and declared().version == 2
    assert played(story) == 5


@pytest.mark.usefixtures("second")
def test_a_log_keeps_the_version_that_it_was_sold_under() -> None:
    history = json.loads((FOLDER / "model_points_based.json").read_text())
    state, ledger = replayed(history["log"])
    assert outcome_of(state, ledger) == history["leads_to"]


@pytest.mark.usefixtures("second")
def test_an_update_of_something_else_keeps_the_version() -> None:
    story = Story(scoring=Scoring())
    story.when(commands.Update({"name": "Another name"}))
    assert story.tournament.rules.scoring.version == 1
    assert played(story) == 7


@pytest.mark.usefixtures("second")
def test_a_version_that_is_not_known_is_refused_by_name() -> None:
    assert faults_of(Scoring(version=2)) == {}
    assert faults_of(Scoring(version=3)) == {"version": "Unknown version of points_based; known: 1, 2"}
