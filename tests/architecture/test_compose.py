"""The compose file and the image: what a shell or Docker makes of them, without either."""

import json
import re
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.on_ray.node import join_command
from config.settings import Settings
from workers.commands.node import Role

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "server", "actors", "api", "workers", "pitboss_games")
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SECRETS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "RAY_AUTH_TOKEN"}


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


def test_settings_exist_and_secrets_must_be_given() -> None:
    known = {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}
    text = (ROOT / "docker-compose.yml").read_text()
    for service in SERVICES.values():
        assert {n for n in service.get("environment", {}) if n.startswith("PITBOSS_")} <= known
    for name in SECRETS:
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses and all(":?" in use for use in uses), f"{name} has no default"


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
