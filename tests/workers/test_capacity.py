"""`pitboss capacity` says what docs/capacity.md says, and more load never needs less."""

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from workers.cli import app
from workers.commands import capacity
from workers.commands.capacity import Evening, needs_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text()
LARGE = Evening(10_000, 0, 100_000, 7_000, 0.0, 100)


def test_the_document_has_the_numbers_of_the_model() -> None:
    rows = {
        "a fact that comes alone": capacity.FACT_ALONE_US,
        "a fact in a batch of 100 for one tournament": capacity.FACT_IN_BATCH_US,
        "a registration": capacity.REGISTRATION_US,
    }
    for name, costs in rows.items():
        told = f"| {name} | " + " | ".join(f"{cost:,}" for cost in costs.values()) + " |"
        assert told in DOCUMENT, told
    assert f"| {capacity.IDLE_US_A_SECOND} | (included) |" in DOCUMENT


def test_the_document_has_what_the_calculator_says() -> None:
    for facts, registrations in ((7_000, 100), (16_000, 300)):
        front, nodes, shared, database = needs_of(
            Evening(10_000, 0, 100_000, facts, 0.0, registrations), node_cores=8, node_gib=32
        )
        told = (
            rf"{front.count} \({front.cores:.1f}[^|]*\| {nodes.count} \({nodes.cores:.1f}\) \| {shared.count} "
        )
        assert re.search(rf"\| {facts:,} facts[^|]*\| {told}\| {database.count} ", DOCUMENT), (facts, told)


def test_more_never_needs_less() -> None:
    small = needs_of(LARGE, 8, 32)
    for more in (
        Evening(20_000, 0, 100_000, 7_000, 0.0, 100),
        Evening(10_000, 500, 100_000, 7_000, 0.0, 100),
        Evening(10_000, 0, 100_000, 9_000, 0.0, 100),
        Evening(10_000, 0, 100_000, 7_000, 0.0, 900),
    ):
        for less_need, more_need in zip(small, needs_of(more, 8, 32), strict=True):
            assert more_need.count >= less_need.count or more.tournaments > LARGE.tournaments
    assert needs_of(Evening(1, 0, 0, 0, 0.0, 0), 8, 32)[1].count == 2, "one node may be lost"


def test_the_command_prints_json_and_refuses_nonsense() -> None:
    told = CliRunner().invoke(app, ["capacity", "--json", "--tournaments", "10"])
    assert told.exit_code == 0
    assert [need["role"] for need in json.loads(told.stdout)][:2] == ["front ends", "nodes of owners"]
    assert CliRunner().invoke(app, ["capacity", "--tournaments", "10", "--large", "11"]).exit_code == 2
