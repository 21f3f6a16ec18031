"""Templates and bulk creation: as printed, one outcome per line, nothing of another tenant."""

from typing import Any

import pytest

from tests.support.app import House

PRINTED = {
    "name": "Daily Championship Template",
    "gameSlug": "crash-classic",
    "maxPlayers": 100,
    "entryFee": 10.00,
    "prizePool": {"type": "percentage", "distribution": [50, 30, 20]},
    "rebuyEnabled": True,
}


async def call(house: House, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
    answer = await house.client.request(method, path, headers=headers or house.auth, json=body)
    return answer.json() | {"_status": answer.status_code}


async def template(house: House, **changes: Any) -> str:
    made = await call(house, "POST", "/api/tournament-templates", PRINTED | changes)
    assert made["_status"] == 201, made
    return str(made["templateId"])


async def test_the_printed_template_and_the_printed_bulk_creation(house: House) -> None:
    made = await call(house, "POST", "/api/tournament-templates", PRINTED)
    assert made["_status"] == 201 and PRINTED.items() <= made.items() and made["version"] == 1
    schedule = [
        {"startTime": house.at(60), "name": "Monday Championship"},
        {"startTime": house.at(24 * 60), "name": "Tuesday Championship"},
    ]
    body = {"templateId": made["templateId"], "schedule": schedule}
    done = await call(house, "POST", "/api/tournaments/bulk", body)
    assert (done["_status"], done["created"], done["failed"]) == (201, 2, 0)
    assert [row["status"] for row in done["results"]] == ["created", "created"]
    for line, row in zip(schedule, done["results"], strict=True):
        detail = await call(house, "GET", f"/api/tournaments/{row['tournamentId']}")
        assert (detail["name"], detail["startTime"]) == (line["name"], line["startTime"])
        assert (detail["entryFee"], detail["maxPlayers"], detail["rebuyEnabled"]) == (10, 100, True)
        assert detail["prizePool"]["distribution"] == [50, 30, 20]


async def test_every_line_of_a_bulk_has_its_own_outcome(house: House) -> None:
    template_id = await template(house)
    schedule: list[Any] = [
        {"startTime": house.at(60), "entry_fee": 5.5, "max_players": 7},
        {"startTime": house.at(-60)},
        {"startTime": house.at(60), "colour": "red"},
        5,
        {"name": "No time"},
    ]
    done = await call(
        house, "POST", "/api/tournaments/bulk", {"templateId": template_id, "schedule": schedule}
    )
    assert (done["_status"], done["created"], done["failed"]) == (207, 1, 4)
    first = await call(house, "GET", f"/api/tournaments/{done['results'][0]['tournamentId']}")
    assert (first["entryFee"], first["maxPlayers"], first["name"]) == (5.5, 7, "Daily Championship Template")
    assert [sorted(row.get("details", ())) for row in done["results"][1:]] == [
        ["startTime"], ["colour"], ["schedule[3]"], ["scheduledStart"],
    ]  # fmt: skip
    assert (await call(house, "GET", "/api/tournaments"))["pagination"]["total"] == 1


async def test_a_bulk_counts_as_its_number_of_tournaments_and_a_repetition_creates_nothing(
    house: House,
) -> None:
    template_id = await template(house)
    schedule = [{"startTime": house.at(60 + n)} for n in range(8)]
    body = {"templateId": template_id, "schedule": schedule}
    headers = house.auth | {"Idempotency-Key": "bulk-1"}
    first = await house.client.post("/api/tournaments/bulk", headers=headers, json=body)
    assert (first.status_code, first.headers["x-ratelimit-remaining"]) == (201, "2")
    again = await house.client.post("/api/tournaments/bulk", headers=headers, json=body)
    assert again.content == first.content
    over = await call(house, "POST", "/api/tournaments/bulk", body)
    assert (over["_status"], over["error"]) == (429, "rate_limit_exceeded")
    house.clock.jump(60_000)
    two = await call(house, "POST", "/api/tournaments/bulk", body | {"schedule": schedule[:2]})
    assert two["created"] == 2
    assert (await call(house, "GET", "/api/tournaments"))["pagination"]["total"] == 10
    many = await call(house, "POST", "/api/tournaments/bulk", body | {"schedule": schedule * 2})
    assert many["details"] == {"schedule": "Must have 1 to 10 tournaments"}


async def test_templates_are_read_changed_and_deleted(house: House) -> None:
    template_id = await template(house)
    path = f"/api/tournament-templates/{template_id}"
    made = await call(
        house,
        "POST",
        "/api/tournaments/bulk",
        {"template_id": template_id, "schedule": [{"startTime": house.at(5)}]},
    )
    changed = await call(house, "PUT", path, {"entry_fee": 12.5, "config": {"tournamentType": "streak"}})
    assert (changed["version"], changed["entryFee"], changed["name"]) == (2, 12.5, PRINTED["name"])
    assert await call(house, "GET", path) == changed | {"_status": 200}
    running = await call(house, "GET", f"/api/tournaments/{made['results'][0]['tournamentId']}")
    assert running["entryFee"] == 10, "an edit never hits what exists"
    wrong = await call(house, "PUT", path, {"entryFee": -1, "endTime": house.at(9), "colour": 1})
    assert wrong["_status"] == 400 and "colour" in wrong["details"]
    listed = await call(house, "GET", "/api/tournament-templates")
    assert [row["templateId"] for row in listed["templates"]] == [template_id]
    for headers in (house.other, await house.key("full_access", live=False)):
        assert (await call(house, "GET", path, headers=headers))["error"] == "template_not_found"
        assert (await call(house, "DELETE", path, headers=headers))["_status"] == 404
        bulk = {"templateId": template_id, "schedule": [{"startTime": house.at(5)}]}
        assert (await call(house, "POST", "/api/tournaments/bulk", bulk, headers))["_status"] == 404
        assert (await call(house, "GET", "/api/tournament-templates", headers=headers))["templates"] == []
    assert (await call(house, "DELETE", path))["deleted"] is True
    assert (await call(house, "GET", path))["_status"] == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"gameSlug": "chess"}, "gameSlug"),
        ({"startTime": "2030-01-01T00:00:00Z"}, "startTime"),
        ({"endTime": "2030-01-01T00:00:00Z"}, "endTime"),
        ({"prizePool": {"distribution": [1]}}, "prizePool.distribution"),
        ({"recurrence": {"cron": "every day"}}, "recurrence.cron"),
        ({"recurrence": {"cron": "0 0 30 2 *"}}, "recurrence.cron"),
        ({"recurrence": {"cron": "0 20 * * *", "timezone": "Mars/Olympus"}}, "recurrence.timezone"),
        ({"recurrence": {"cron": "0 20 * * *", "skip": ["Christmas"]}}, "recurrence.skip"),
        ({"recurrence": {"cron": "0 20 * * *", "leadMinutes": 0}}, "recurrence.leadMinutes"),
    ],
)
async def test_a_wrong_template_is_refused_and_nothing_is_kept(house: House, change: Any, field: str) -> None:
    told = await call(house, "POST", "/api/tournament-templates", PRINTED | change)
    assert told["_status"] == 400 and field in told["details"], told
    assert (await call(house, "GET", "/api/tournament-templates"))["templates"] == []


async def test_a_recurrence_is_shown_paused_and_ended(house: House) -> None:
    recurrence = {"cron": "0 20 * * 5", "timezone": "Europe/London", "leadMinutes": 120, "catchUp": "latest"}
    template_id = await template(house, recurrence=recurrence)
    path = f"/api/tournament-templates/{template_id}"
    shown = (await call(house, "GET", path))["recurrence"]
    assert recurrence.items() <= shown.items() and shown["nextStart"].endswith("20:00:00Z")
    paused = await call(house, "PUT", path, {"recurrence": recurrence | {"paused": True}})
    assert paused["recurrence"]["paused"] is True
    ended = await call(house, "PUT", path, {"recurrence": None})
    assert ended["recurrence"] is None


async def test_two_changes_at_once_are_a_conflict(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    template_id = await template(house)

    async def late(*_: Any) -> bool:
        return False

    monkeypatch.setattr(house.store, "replace_template", late)
    told = await call(house, "PUT", f"/api/tournament-templates/{template_id}", {"maxPlayers": 9})
    assert (told["_status"], told["error"]) == (409, "conflict")
