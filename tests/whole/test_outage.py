"""Postgres away under load, in a process of its own: told, marked, resumed, nothing lost."""

from tests.soak.outage import run


def test_while_postgres_is_away_boards_stay_and_writes_are_told_to_come_back() -> None:
    found = run(8)
    assert found.wrong == []
    assert found.writes.get("503", 0) >= 1 and set(found.writes) <= {"200", "503"}, "and nothing else"
    assert found.reads.get("200 stale", 0) >= 1 and set(found.reads) <= {"200", "200 stale"}, (
        "boards stay readable"
    )
    assert found.acknowledged > 0
