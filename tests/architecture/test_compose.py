"""The compose file and the image: what a shell or Docker makes of them, without either."""

import json
import re
import shlex
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.on_ray.node import join_command
from config.connections import ENGINE_KEPT, ENGINE_MORE, FRONT_END_MAX, WORKERS_MAX, connections_needed
from config.limits import KEEP_ALIVE_S
from config.node import node_setting
from config.owner_limits import SHARED_OWNERS_DEFAULT
from config.settings import Settings, load
from server.storage.postgres.engine import open_engine
from workers.commands.node import Role

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "server", "actors", "api", "workers", "pitboss_games")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def words(command: str | list[str]) -> list[str]:
    """The arguments that a process gets: compose splits a string as a shell does, quotes included."""
    return shlex.split(command) if isinstance(command, str) else [str(word) for word in command]


def all_commands() -> list[tuple[str, list[str]]]:
    found = [(name, words(service["command"])) for name, service in SERVICES.items() if "command" in service]
    found += [(f"{name} health", words(one["healthcheck"]["test"])) for name, one in SERVICES.items()
              if "healthcheck" in one]  # fmt: skip
    return [*found, ("owners", join_command("ray-head:6380", 200)), ("caller", join_command("x:1", 0))]


def resources_of(arguments: list[str]) -> list[str]:
    return [word.partition("=")[2] for word in arguments if word.startswith("--resources=")]


@pytest.mark.parametrize(("name", "arguments"), all_commands())
def test_what_should_be_json_is_json_when_it_arrives(name: str, arguments: list[str]) -> None:
    for text in resources_of(arguments):
        assert json.loads(text) == {
            "tournament": 200,
            "shared_owner": 64,
            f"pitboss_node:{socket.gethostname()}": 1,
        }, name


def test_a_folded_string_with_bare_quotes_would_be_found() -> None:
    """What was shipped once: the shell words lose the quotes, and no node ever had room."""
    shipped = words('ray start --address=ray-head:6380 --block --resources={"tournament":200}')
    with pytest.raises(json.JSONDecodeError):
        json.loads(resources_of(shipped)[0])


def test_every_role_is_started_and_only_owners_have_room() -> None:
    assert set(SERVICES) == {
        "postgres", "redis", "migrate", "ray-head", "ray-worker", "api", "workers", "front",
    }  # fmt: skip
    started = {name: words(SERVICES[name]["command"]) for name in ("ray-worker", "api", "workers")}
    for service, role in (("ray-worker", "owners"), ("api", "api"), ("workers", "workers")):
        assert started[service][:3] == ["pitboss", "node", role] and Role(role)
    for role in ("api", "workers"):
        assert (ROOT / role / "__main__.py").exists()
    assert resources_of(join_command("ray-head:6380", 200)) and not resources_of(join_command("x:1", 0))


def test_settings_exist() -> None:
    known = {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}
    for service in SERVICES.values():
        assert {n for n in service.get("environment", {}) if n.startswith("PITBOSS_")} <= known
    assert {n.upper() for n in COMPOSE["secrets"] if n.startswith("pitboss_")} <= known


def test_secrets_are_files_that_the_script_makes_and_in_no_environment(tmp_path: Path) -> None:
    script = [ROOT / "deploy" / "secrets.sh", tmp_path / "made"]
    for _ in range(2):
        subprocess.run(script, check=True, capture_output=True)
        made = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    assert made["postgres_password"] in made["pitboss_database_url"], "made once, kept"
    assert made["redis_password"] in made["pitboss_redis_url"]
    assert len(set(made.values())) == len(made) and all(len(text) >= 48 for text in made.values())
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = any(word in variable for word in ("PASSWORD", "TOKEN", "AUTH"))
            public = variable == "RAY_AUTH_MODE" or str(value).startswith(("/run/secrets/", "/var/lib/"))
            assert not secret or public, (name, variable)
            assert variable.lower() not in COMPOSE["secrets"], (name, variable)
            assert not re.search(r"://[^/]*:[^/]*@", str(value)), (name, variable)
        assert not re.search(r"\$\{\w*(PASSWORD|TOKEN)|://[^/\s]*:[^/\s]*@", json.dumps(service)), name
        asked = set(re.findall(r"/run/secrets/(\w+)", json.dumps(service)))
        assert asked <= set(service.get("secrets", ())), name


def test_a_setting_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITBOSS_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("PITBOSS_DATABASE_URL", raising=False)
    assert node_setting("DATABASE_URL") is None and load().database_url is None
    (tmp_path / "pitboss_metrics_token").write_text("\n")
    assert load().metrics_token is None, "an empty one is none, and opens nothing"
    (tmp_path / "pitboss_database_url").write_text("postgresql://file/pitboss\n")
    assert node_setting("DATABASE_URL") == load().database_url == "postgresql://file/pitboss"
    monkeypatch.setenv("PITBOSS_DATABASE_URL", "postgresql://environment/pitboss")
    assert node_setting("DATABASE_URL") == load().database_url == "postgresql://environment/pitboss"


def test_everything_is_looked_after() -> None:
    for name in ("postgres", "redis", "ray-head", "api"):
        assert "healthcheck" in SERVICES[name], name
    for name in ("ray-head", "ray-worker", "api", "workers"):
        assert SERVICES[name]["init"] is True
        assert SERVICES[name]["environment"]["RAY_gcs_rpc_server_reconnect_timeout_s"] == "3600"
    head = SERVICES["ray-head"]["environment"]
    assert head["RAY_health_check_failure_threshold"] == "3"
    patience_ms = 3 * (int(head["RAY_health_check_period_ms"]) + int(head["RAY_health_check_timeout_ms"]))
    assert 3_000 <= patience_ms <= 10_000, "a stall of these machines is no death, and a death is soon known"


def test_the_image_has_the_packages_and_the_context_has_no_keys() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert all(f"COPY {package} {package}" in image for package in PACKAGES)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored and {f"!{package}" for package in PACKAGES} <= set(ignored)
    assert not any(line.startswith(("!.pitboss", "!.git", "!.venv")) for line in ignored)


def test_the_database_allows_the_connections_of_the_documented_cluster() -> None:
    """Three nodes of owners that are full, two front ends, a worker; also with the log kept."""
    most = connections_needed(2, 1, SHARED_OWNERS_DEFAULT, own=3 * 200)
    for file in ("docker-compose.yml", "deploy/docker-compose.archive.yml"):
        (allowed,) = re.findall(r"max_connections=(\d+)", (ROOT / file).read_text())
        assert most <= int(allowed), file


async def test_processes_open_no_more_than_they_are_counted_with(postgres: str) -> None:
    engine = open_engine(postgres)
    assert engine.pool.size() + engine.pool._max_overflow == ENGINE_KEPT + ENGINE_MORE  # type: ignore[attr-defined]
    await engine.dispose()
    told = (ROOT / "docs" / "operations.md").read_text()
    assert f"A front end takes up to {FRONT_END_MAX},\n  workers {WORKERS_MAX}, a shared owner" in told
    opened = set()
    for part in ("api", "workers", "actors", "server"):
        for path in (ROOT / part).rglob("*.py"):
            opened |= set(re.findall(r"open_pool\(\w+, (\w+)\)", path.read_text()))
    assert opened == {"GROUPED_MAX", "COUNTERS_MAX", "DIRECTORY_MAX", "connections_max", "1", "2"}, (
        "a pool of a process is counted; commands take 1 or 2"
    )


def test_front_ends_keep_connections_for_longer_than_the_front_door() -> None:
    """Else it sends a request over one that is just closed, and must answer 502."""
    (seconds,) = re.findall(
        r"timeout server (\d+)s", (ROOT / "deploy" / "haproxy" / "haproxy.cfg").read_text()
    )
    assert int(seconds) < KEEP_ALIVE_S
