"""Hop-on/off: a key sells once whatever crashed, and players come back."""

from typing import Any

import pytest

from tests.support.app import House


async def lobby(house: House, **body: Any) -> str:
    base = {
        "name": "Quick",
        "gameSlug": "crash-classic",
        "format": "hop_on_off",
        "minPlayers": 2,
        "maxPlayers": 2,
    }
    made = await house.client.post("/api/tournaments", headers=house.auth, json=base | body)
    assert made.status_code == 201, made.text
    first: str = made.json()["tournamentId"]
    return first


async def join(house: House, tournament_id: str, user: str, key: str | None = None) -> Any:
    headers = house.auth | ({} if key is None else {"Idempotency-Key": key})
    path = f"/api/tournaments/{tournament_id}/players"
    return await house.client.post(path, headers=headers, json={"userId": user})


@pytest.mark.unforeseen
async def test_a_key_that_was_sold_in_a_later_tournament_is_not_sold_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The front end died between effect and answer; meanwhile the lobby has moved on twice."""
    first = await lobby(house)
    for user in ("a", "b"):
        await join(house, first, user)

    async def dies(*_: Any) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(house.store, "keep", dies)
        broken.setattr(house.store, "release", dies)
        assert (await join(house, first, "xavier", "K")).status_code == 500
    for user in ("c", "d", "e"):
        await join(house, first, user)
    house.clock.jump(21_000)
    again = await join(house, first, "xavier", "K")
    assert again.status_code == 201
    mine = await house.client.get("/api/players/xavier/tournaments", headers=house.auth)
    assert mine.json()["pagination"]["total"] == 1, "one entry for one key"
    assert mine.json()["tournaments"][0]["tournamentId"] == again.json()["tournament_id"]


async def test_a_player_of_a_tournament_that_is_over_plays_in_the_next_one(house: House) -> None:
    first = await lobby(house)
    for user in ("a", "b"):
        assert (await join(house, first, user)).json()["tournament_id"] == first
    playing = await join(house, first, "a")
    assert (playing.status_code, playing.json()["error"]) == (409, "already_registered")
    await house.client.post(f"/api/tournaments/{first}/finish", headers=house.auth)
    back = await join(house, first, "a")
    assert back.status_code == 201 and back.json()["tournament_id"] != first


async def test_a_template_may_be_hop_on_off(house: House) -> None:
    body = {"name": "Quick", "gameSlug": "crash-classic", "format": "hop_on_off", "minPlayers": 2}
    made = await house.client.post("/api/tournament-templates", headers=house.auth, json=body)
    assert made.status_code == 201, made.text
    bulk = {"templateId": made.json()["templateId"], "schedule": [{"name": "One"}]}
    told = await house.client.post("/api/tournaments/bulk", headers=house.auth, json=bulk)
    assert told.json()["created"] == 1
    again = body | {"recurrence": {"cron": "0 20 * * *"}}
    refused = await house.client.post("/api/tournament-templates", headers=house.auth, json=again)
    assert "recurrence" in refused.json()["details"]


async def test_a_cron_has_five_fields_and_templates_have_a_limit(house: House) -> None:
    body = {"name": "T", "gameSlug": "crash-classic"}
    six = body | {"recurrence": {"cron": "* * * * * *"}}
    refused = await house.client.post("/api/tournament-templates", headers=house.auth, json=six)
    assert "recurrence.cron" in refused.json()["details"]
    made = await house.client.post("/api/tournament-templates", headers=house.auth, json=body)
    one = next(iter(house.store._templates.values()))
    for n in range(199):
        house.store._templates[f"t{n}"] = one
    assert made.status_code == 201
    told = await house.client.post("/api/tournament-templates", headers=house.auth, json=body)
    assert (told.status_code, told.json()["error"]) == (409, "conflict")
