"""What is deployed beside the product: dashboards and alerts speak of metrics that exist, and work."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.metrics.dashboard import text
from api.metrics.table import METRICS

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
_SUFFIX = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
SERIES = {metric.name + suffix for metric in METRICS for suffix in _SUFFIX[metric.kind]}


def named(expression: str) -> set[str]:
    return set(re.findall(r"\bpitboss_[a-z_]+", expression))


def test_every_metric_is_on_a_panel_or_says_why_not() -> None:
    kept = (ROOT / "deploy" / "grafana" / "pitboss.json").read_text()
    assert kept == text(), "python -m api.metrics.dashboard > deploy/grafana/pitboss.json"
    panels = json.loads(kept)["panels"]
    shown = {name for panel in panels for target in panel["targets"] for name in named(target["expr"])}
    assert shown <= SERIES
    for metric in METRICS:
        on_a_panel = any(name.startswith(metric.name) for name in shown)
        assert on_a_panel or (not metric.panel and metric.use), metric.name
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels) and all(panel["description"] for panel in panels)


def test_alerts_name_metrics_that_exist_and_each_has_its_paragraph_and_its_test() -> None:
    assert {name for rule in RULES for name in named(rule["expr"])} <= SERIES
    runbook = (ROOT / "docs" / "operations.md").read_text()
    tested = (PROMETHEUS / "alerts_test.yml").read_text()
    for rule in RULES:
        assert f"**{rule['alert']}**" in runbook, rule["alert"]
        firing = rf"alertname: {rule['alert']}\n\s+exp_alerts:\n\s+- exp_labels"
        assert re.search(firing, tested), rule["alert"]


def test_alerts_fire_when_they_should() -> None:
    if shutil.which("promtool") is None:
        assert os.environ.get("PROMTOOL_TESTS") != "required", "promtool is missing"
        pytest.skip("there is no promtool on PATH")
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            ["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
