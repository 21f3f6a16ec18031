"""The manifests of Kubernetes and systemd: against strict schemas where they are installed; what they say."""

import importlib.util
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.owner_limits import DRAIN_WITHIN_S
from config.settings import Settings
from tests.architecture.test_compose import SERVICES, words
from workers.commands.node import Role

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
DOCUMENTS: list[dict[str, Any]] = [
    document
    for name in KUSTOMIZATION["resources"]
    for document in yaml.safe_load_all((FOLDER / name).read_text())
]
PODS = {
    document["metadata"]["name"]: document["spec"]["template"]["spec"]
    for document in DOCUMENTS
    if "template" in document.get("spec", {})
}
KNOWN = {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in DOCUMENTS if one["kind"] == kind}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_kubernetes_takes_it(document: dict[str, Any]) -> None:
    if importlib.util.find_spec("kubernetes_validate") is None:
        assert os.environ.get("BROWSER_TESTS") != "required", "make browser installs the schemas"
        pytest.skip("the schemas are not installed (make browser)")
    import kubernetes_validate

    kubernetes_validate.validate(document, "1.37", strict=True)
    spoiled = document | {"spce": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoiled, "1.37", strict=True)


def test_all_files_are_listed() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


def test_pods_do_what_the_containers_of_compose_do() -> None:
    services = {"ray-head": "ray-head", "owners": "ray-worker", "api": "api", "workers": "workers"}

    def plain(command: Any) -> list[str]:
        """Without where its password comes from."""
        shell = words(command)
        shell = words(shell[2]) if shell[:2] == ["sh", "-c"] else shell
        return [word for word in shell if word != "exec" and not word.startswith("--redis-password")]

    for pod, service in services.items():
        (container,) = PODS[pod]["containers"]
        assert plain(container["command"]) == plain(SERVICES[service]["command"]), pod
    for role in Role:
        assert any(role in spec["containers"][0]["command"] for spec in PODS.values()), role


def test_settings_exist_and_secrets_are_no_text() -> None:
    plain = dict(line.split("=", 1) for line in KUSTOMIZATION["configMapGenerator"][0]["literals"])
    assert {name for name in plain if name.startswith("PITBOSS_")} <= KNOWN
    for spec in PODS.values():
        for entry in spec["containers"][0].get("env", ()):
            assert not entry["name"].startswith("PITBOSS_") or entry["name"] in KNOWN
            if re.search("PASSWORD|TOKEN|URL", entry["name"]):
                assert "secretKeyRef" in entry["valueFrom"], entry["name"]
    text = "".join(path.read_text() for path in FOLDER.glob("*.yaml"))
    runbook = (ROOT / "docs" / "operations.md").read_text()
    for key in {*re.findall(r"name: pitboss, key: ([\w-]+)", text), "token-key.pem", "seal-key"}:
        assert f"{key}=" in runbook, f"{key} is a key of the secret that docs/operations.md makes"


def test_who_hands_over_has_the_time_for_it() -> None:
    assert PODS["owners"]["terminationGracePeriodSeconds"] > DRAIN_WITHIN_S + 15
    compose = SERVICES["ray-worker"]["stop_grace_period"]
    assert int(compose.removesuffix("s")) > DRAIN_WITHIN_S + 10
    for name, spec in PODS.items():
        assert spec["securityContext"]["runAsUser"] == 10001, name
        assert "memory" in spec["containers"][0]["resources"]["limits"], name
    assert set(named("PodDisruptionBudget")) == {"owners", "api"}


def test_the_unit_starts_what_there_is() -> None:
    unit = (ROOT / "deploy" / "systemd" / "pitboss.service").read_text()
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert shlex.split(start)[1:] == ["up", "--no-demo"]
    environment = set(re.findall(r"\b(PITBOSS_[A-Z_]+)=", unit))
    assert environment <= KNOWN
