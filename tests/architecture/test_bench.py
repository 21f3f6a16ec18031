"""What guards the figures of the single request: the comparison with what was recorded, and the chart."""

import json
from xml.etree import ElementTree

from tests.load.charts import bars
from tests.load.check import fallen
from tests.load.single import DOCS, Figure, medians, ratios
from tests.load.single_requests import OPERATIONS

RECORDED = {"one fact, to plain FastAPI": 2.0, "top 50, to plain FastAPI": 8.0}


def test_a_ratio_falls_only_when_it_is_low_in_every_run() -> None:
    low, high = {name: 0.79 * ratio for name, ratio in RECORDED.items()}, dict(RECORDED)
    assert fallen(RECORDED, [low, low, low]) == [
        "one fact, to plain FastAPI: 2.00 was recorded, now 1.58, 1.58, 1.58",
        "top 50, to plain FastAPI: 8.00 was recorded, now 6.32, 6.32, 6.32",
    ]
    assert fallen(RECORDED, [low, high, low]) == []
    edge = {name: 0.8 * ratio for name, ratio in RECORDED.items()}
    assert fallen(RECORDED, [edge] * 3) == [], "a fifth is what may fall"
    assert fallen(RECORDED, [{}, {}, {}]) == [], "a peer that is not there cannot be compared"


def test_ratios_and_medians_are_those_of_the_figures() -> None:
    runs = [Figure(rate, cpu, 1, 2, 3) for rate, cpu in ((10.0, 5.0), (30.0, 1.0), (20.0, 9.0))]
    assert medians(runs) == Figure(20.0, 5.0, 1, 2, 3)
    run = {name: dict.fromkeys(OPERATIONS, one) for name, one in zip(("Pitboss", "a", "b"), runs, strict=True)}
    assert ratios(run)["top 50, to a"] == 10 / 30 and len(ratios(run)) == 2 * len(OPERATIONS)


def test_the_chart_shows_every_value_on_one_scale() -> None:
    chart = bars(
        "A <title>", {"one": {"ours": 100.0, "theirs": 10.0}, "two": {"ours": 1000.0, "theirs": 31.6}}
    )
    root = ElementTree.fromstring(chart)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"100", "10", "1,000", "32", "one", "two", "ours", "theirs", "A <title>"} == set(texts)
    widths = [float(bar.get("width", 0)) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][3:]
    assert [round(width / widths[2], 2) for width in widths] == [0.5, 0, 1, 0.25]


def test_what_was_recorded_is_what_is_compared() -> None:
    kept = json.loads((DOCS / "benchmarks.json").read_text())["Single requests"]["figures"]
    assert {name.partition(", to ")[2] for name in kept["ratios"]} <= set(kept["middle"])
    assert {name.rpartition(", to ")[0] for name in kept["ratios"]} == set(OPERATIONS)
    assert (DOCS / "single-requests.svg").read_text().startswith("<svg")
