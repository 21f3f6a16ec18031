"""The compose project of a test: `docker` and `docker compose`, as an operator types them."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT = "pitboss-test"


def why_not() -> str | None:
    """Why there is no engine here; None when there is one."""
    if shutil.which("docker") is None:
        return "there is no docker on PATH"
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return "no Docker engine answers (DOCKER_HOST)"
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        return "docker has no compose plugin (DOCKER_CONFIG)"
    return None


@dataclass(slots=True)
class Project:
    """`override` is a file with what this machine needs and the project's does not say (COMPOSE_OVERRIDE)."""

    override: str | None = os.environ.get("COMPOSE_OVERRIDE")
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folder = os.environ.get("SECRETS_FOLDER") or tempfile.mkdtemp(prefix="pit-secrets-")
        subprocess.run([ROOT / "deploy/secrets.sh", folder], check=True, capture_output=True)
        self.env = {"SECRETS_FOLDER": folder}

    def compose(self, *arguments: str) -> str:
        """`docker compose` on the project's file; what it printed."""
        files = ["-f", str(ROOT / "docker-compose.yml")]
        files += ["-f", self.override] if self.override else []
        return self._run(["docker", "compose", "-p", PROJECT, *files, *arguments])

    def docker(self, *arguments: str) -> str:
        """`docker`; what it printed."""
        return self._run(["docker", *arguments])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=os.environ | self.env, capture_output=True, text=True, check=False, cwd=ROOT
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
        return done.stdout

    def containers(self, service: str) -> list[str]:
        """The names of a service's containers that run, in order."""
        rows = [json.loads(line) for line in self.compose("ps", "--format", "json", service).splitlines()]
        return sorted(row["Name"] for row in rows)

    def inspect(self, container: str) -> dict[str, Any]:
        """What Docker knows of a container."""
        found: dict[str, Any] = json.loads(self.docker("inspect", container))[0]
        return found

    def is_healthy(self, container: str) -> bool:
        """Whether its health check says so."""
        return str(self.inspect(container)["State"]["Health"]["Status"]) == "healthy"

    def network(self, container: str) -> tuple[str, str]:
        """The network of a container and its address there."""
        ((name, network),) = self.inspect(container)["NetworkSettings"]["Networks"].items()
        return name, network["IPAddress"]

    def url(self) -> str:
        """Of the front door: by its own address, which a host reaches also where no port is published."""
        return f"http://{self.network(self.containers('front')[0])[1]}:8080"

    def in_api(self, *command: str) -> str:
        """A command in the first front end's container."""
        return self.docker("exec", self.containers("api")[0], *command)
