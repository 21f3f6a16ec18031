"""Names in documents are names of something: files, symbols, routes, settings, metrics, commands."""

import ast
import re
from pathlib import Path

import pytest
import typer
from fastapi.routing import iter_route_contexts

from api.metrics.table import METRICS, Metric
from config.settings import Settings
from tests.support.app import a_house
from workers.cli import app as cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def texts() -> list[tuple[str, str]]:
    """Documents about how things are, not about how they were."""
    return [(path.name, path.read_text()) for path in DOCUMENTS if path.name != "CHANGELOG.md"]


@pytest.mark.parametrize("name", [path.name for path in DOCUMENTS if path.name != "CHANGELOG.md"])
def test_files_and_symbols_exist(name: str) -> None:
    text = next(path for path in DOCUMENTS if path.name == name).read_text()
    for path, symbol in re.findall(
        r"`((?:api|actors|server|workers|config|tests|pitboss_games)/[\w/]+\.py)(?:: (\w+))?", text
    ):
        assert (ROOT / path).exists(), path
        if symbol:
            tree = ast.parse((ROOT / path).read_text())
            names = {getattr(node, "name", None) for node in ast.walk(tree)}
            assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert symbol in names | assigned, f"{path}: {symbol}"


async def test_routes_exist() -> None:
    async with a_house() as house:
        known = {
            (method, re.sub(r"\{\w+\}", "{}", str(context.path)))
            for context in iter_route_contexts(house.app.routes)
            for method in getattr(context.original_route, "methods", None) or ("WS",)
        }
    told = [
        (method, re.sub(r"\{\w+\}", "{}", path).partition("?")[0])
        for _, text in texts()
        for method, path in re.findall(r"`(GET|POST|PUT|DELETE) (/api[\w/{}.-]*)", text)
    ]
    assert len(told) > 60
    assert [one for one in told if one not in known] == []


def test_settings_exist_and_each_is_told() -> None:
    known = {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}
    told = {name for _, text in texts() for name in re.findall(r"\bPITBOSS_[A-Z_]+\b", text)}
    assert told - known == set()
    assert {name for name in known if name not in (ROOT / "config" / "example.env").read_text()} == set()


def test_commands_exist() -> None:
    root = typer.main.get_command(cli)
    commands = set(root.commands)  # type: ignore[attr-defined]
    told = {name for _, text in texts() for name in re.findall(r"`(?:\.venv/bin/)?pitboss (\w+)", text)}
    assert told <= commands and len(told) >= 4


def test_metrics_exist_and_each_is_told() -> None:
    told = {name for _, text in texts() for name in re.findall(r"`(pitboss_[a-z_]+)", text)}
    told -= {"pitboss_tenant", "pitboss_games"}  # a role of the database, and a package
    told -= {f"pitboss_{name}" for name in Settings.model_fields}  # settings as files
    known = {name_in_prometheus(metric) for metric in METRICS}
    assert told - known == set()
    assert known - told == set(), "docs/operations.md"


def name_in_prometheus(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.kind == "counter" else metric.name
