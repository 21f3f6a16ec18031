"""Events of former shapes are read as those of today, and the stored rows stay as they are."""

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from server.domain.tournament import events
from server.encoding import codec
from server.encoding.upcasters import UPCASTERS, Fields, present_kind
from tests.golden.replay import FOLDER, outcome_of, replayed


def _renamed(fields: Fields) -> Fields:
    return {"name" if name == "user_name" else name: value for name, value in fields.items()}


def _in_minor_units(fields: Fields) -> Fields:
    return {**fields, "user_id": fields["name"], "buy_in_minor": fields["buy_in"] * 100}


@pytest.fixture
def two_former_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`joined` was followed by `joined@2`, and that by what is now `registered`."""
    monkeypatch.setitem(UPCASTERS, "joined", ("joined@2", _renamed))
    monkeypatch.setitem(UPCASTERS, "joined@2", ("registered", _in_minor_units))


def test_every_former_kind_leads_to_one_of_today() -> None:
    assert not set(UPCASTERS) & set(codec.KINDS)
    assert {present_kind(kind) for kind in UPCASTERS} <= set(codec.KINDS)


@pytest.mark.usefixtures("two_former_shapes")
def test_a_log_of_a_former_shape_leads_to_the_same_state() -> None:
    history = json.loads((FOLDER / "model_points_based.json").read_text())
    former = [_as_it_was(row) for row in history["log"]]
    assert sum(row["kind"] == "joined" for row in former) > 1
    state, ledger = replayed(former)
    assert outcome_of(state, ledger) == history["leads_to"]


def _as_it_was(row: Fields) -> Fields:
    if row["kind"] != "registered":
        return row
    event = dict(row["event"])
    event |= {"user_name": event.pop("user_id"), "buy_in": event.pop("buy_in_minor") // 100}
    return row | {"kind": "joined", "event": event}


def test_kinds_that_logs_hold_are_read_for_ever() -> None:
    """Kinds follow from the names of classes: one that is renamed needs an upcaster of its former kind."""
    held = {row["kind"] for path in FOLDER.glob("*.json") for row in json.loads(path.read_text())["log"]}
    others = {"updated", "review_requested", "review_decided", "approval_given", "payouts_moved"}
    assert len(held | others) > 20
    assert (held | others) - {"facts"} <= set(codec.KINDS) | set(UPCASTERS)


def test_a_changed_shape_is_stored_under_its_own_kind() -> None:
    @dataclass
    class Registered:
        KIND: ClassVar = "registered@2"

    assert codec.kind_of(Registered) == "registered@2"
    assert codec.kind_of(events.RegistrationOpened) == "registration_opened"


def test_rules_of_a_former_shape_are_rules() -> None:
    """As `codec` finds them when it is loaded with an upcaster: by the class that they are read as."""
    assert set(codec.RULE_KINDS) == {kind for kind in codec.KINDS if kind in ("created", "updated")}
    assert all(codec.KINDS[kind] in (events.Created, events.Updated) for kind in codec.RULE_KINDS)
