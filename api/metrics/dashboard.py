"""`python -m api.metrics.dashboard`: the dashboard of Grafana, made from the table of metrics."""

import json
import sys
from itertools import groupby
from typing import Any, Final

from api.metrics.table import METRICS, Metric

_WIDTH, _HEIGHT, _COLUMNS = 8, 8, 3
_RATE: Final = "$__rate_interval"
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def queries(metric: Metric) -> list[tuple[str, str]]:
    """PromQL and legend of a metric. What is the same from every front end is not added up."""
    together = "max" if metric.scope == "house" else "sum"
    by = f" by ({', '.join(metric.labels)})" if metric.labels else ""
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels) or metric.name
    match metric.kind:
        case "counter":
            return [(f"{together}{by} (rate({metric.name}_total[{_RATE}]))", legend)]
        case "gauge":
            return [(f"{together}{by} ({metric.name})", legend)]
        case "histogram":
            labels = ", ".join(("le", *metric.labels))
            rate = f"{together} by ({labels}) (rate({metric.name}_bucket[{_RATE}]))"
            return [(f"histogram_quantile({q}, {rate})", f"p{q * 100:.0f} {legend}") for q in (0.5, 0.99)]


def panel(title: str, metrics: list[Metric], number: int) -> dict[str, Any]:
    """One panel with all metrics of its title."""
    found = [query for metric in metrics for query in queries(metric)]
    targets = [
        {"refId": chr(ord("A") + n), "expr": expr, "legendFormat": legend, "datasource": _SOURCE}
        for n, (expr, legend) in enumerate(found)
    ]
    uses = [metric.use for metric in metrics if metric.use]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "description": "\n\n".join([*(metric.text for metric in metrics), *uses]),
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % _COLUMNS * _WIDTH,
            "y": number // _COLUMNS * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": metrics[0].unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def dashboard() -> dict[str, Any]:
    """What Grafana imports."""
    shown = [metric for metric in METRICS if metric.panel]
    titles = list(dict.fromkeys(metric.panel for metric in shown))
    by_title = sorted(shown, key=lambda metric: titles.index(metric.panel))
    panels = [
        panel(title, list(metrics), number)
        for number, (title, metrics) in enumerate(groupby(by_title, key=lambda metric: metric.panel))
    ]
    source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "uid": "pitboss",
        "title": "Pitboss",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [source]},
        "panels": panels,
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
