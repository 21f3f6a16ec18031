"""Tournaments of all models and formats, played from sale to payout: every answer is of its schema."""

import random
import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from api.spec import document
from server.domain.scoring.registry import MODELS
from tests.api.test_error_body import StrictError
from tests.support.app import House

PARAMETERS = {"best_n": {"n": 3}, "first_n": {"n": 3}, "last_n": {"n": 3}, "race_to_target": {"target": 40}}
REBUYS = {"rebuyEnabled": True, "rebuyFee": 5, "maxEntriesPerPlayer": 3}
FORMATS: dict[str, dict[str, Any]] = {
    **{model: {"config": {"tournamentType": model, "scoring": PARAMETERS.get(model, {})}} for model in MODELS},
    "hop_on_off": {"format": "hop_on_off", "maxPlayers": 4, "durationSeconds": 600, "startTime": None},
    "knockout": {"rounds": {"count": 3, "durationSeconds": 60, "eliminate": 1}},
    "game_paced": {"rounds": {"count": 2, "durationSeconds": 600, "pacedBy": "game", "eliminatedBy": "game"}},
    "best_entry": {**REBUYS, "durationSeconds": 600, "config": {"entryScoring": "best_entry"}},
    "fixed_pool": {
        "durationSeconds": 600,
        "prizePool": {"type": "fixed", "total": 50, "distribution": [60, 40], "items":
                      [{"place": 1, "kind": "free_spins", "code": "FS", "quantity": 10}]},
        "config": {"tiePrizes": "split", "payoutApproval": "two_keys"},
    },
    "add_ons": {"durationSeconds": 600, "fee": 1, "addOn": {"price": 2, "points": 5, "maxPerPlayer": 2}},
    "cancelled": {"durationSeconds": 600, "config": {"cancellationPolicy": "pro_rata"}},
}  # fmt: skip


class Checked:
    """Calls, and holds every answer against the document."""

    def __init__(self, house: House) -> None:
        self.house, self.document, self.answers = house, document(house.app), 0
        self._paths = [(re.sub(r"\{\w+\}", "[^/]+", path), path) for path in self.document["paths"]]
        self._paths.sort(key=lambda pair: pair[1].count("{"))

    async def __call__(self, method: str, path: str, body: Any = None, *, platform: bool = False) -> Any:
        headers = self.house.platform if platform else self.house.auth
        answer = await self.house.client.request(method, path, headers=headers, json=body)
        route = next(full for pattern, full in self._paths if re.fullmatch(pattern, path.partition("?")[0]))
        responses = self.document["paths"][route][method.lower()]["responses"]
        assert str(answer.status_code) in responses, (method, route, answer.text)
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        check = jsonschema_rs.validator_for(schema | {"components": self.document["components"]})
        wrong = [(list(error.instance_path), error.message) for error in check.iter_errors(answer.json())]
        assert not wrong, (method, route, wrong)
        if answer.status_code >= 400:
            msgspec.convert(answer.json(), StrictError, strict=False)
        self.answers += 1
        return answer.json() | {"_status": answer.status_code}


async def reads(call: Checked, tournament_id: str) -> None:
    """All that may be read of a tournament, at any time."""
    path = f"/api/tournaments/{tournament_id}"
    for part in ("", "/status", "/players", "/leaderboard", "/prize-pool", "/events", "/rules", "/payouts",
                 "/reviews", "/results", "/record", "/players/ann", "/players/ann/trace",
                 "/players/nobody", "/leaderboard?around=ann"):  # fmt: skip
        await call("GET", path + part)
    await call("POST", path + "/cancel/preview")
    internal = f"/api/internal/tournaments/{tournament_id}"
    for part in ("/config", "/status", "/players"):
        await call("GET", internal + part, platform=True)


async def play(call: Checked, tournament_id: str, name: str) -> None:
    """Facts, the acts of the format, corrections; what is refused is an answer, too."""
    path, internal = f"/api/tournaments/{tournament_id}", f"/api/internal/tournaments/{tournament_id}"
    house, luck = call.house, random.Random(name)
    for block in range(3):
        house.clock.jump(5_000)
        facts = [
            {"eventId": f"{block}-{n}", "player": luck.choice(["ann", "ben", "cid", "who"]), "bet": 2,
             "points": luck.randint(0, 5), "win": luck.choice([0, 1, 4.5]), "multiplier": luck.randint(0, 5)}
            for n in range(12)
        ]  # fmt: skip
        await call("POST", internal + "/events", {"events": facts}, platform=True)
    await call("POST", path + "/players/ben/rebuy", {"additionalEntries": 1, "buyInAmount": 5})
    await call("POST", path + "/players/ben/add-on", {"buyInAmount": 2})
    await call("POST", internal + "/rounds", {"action": "end", "round": 1}, platform=True)
    adjust = {"action": "adjust", "player": "ann", "points": 1.5, "reason": "An outage"}
    await call("POST", path + "/corrections", adjust)
    await call("POST", path + "/corrections", {"action": "void", "eventId": "0-0", "reason": "Rolled back"})


@pytest.mark.parametrize("name", FORMATS)
async def test_a_whole_life_answers_only_what_the_document_allows(house: House, name: str) -> None:
    call = Checked(house)
    body = {"name": name, "gameSlug": "crash-classic", "startTime": house.at(5), "entryFee": 10,
            "minPlayers": 2, "visibility": "public", **FORMATS[name]}  # fmt: skip
    made = await call("POST", "/api/tournaments", {k: v for k, v in body.items() if v is not None})
    assert made["_status"] == 201, made
    tournament_id = made["tournamentId"]
    path = f"/api/tournaments/{tournament_id}"
    await reads(call, tournament_id)
    for user in ("ann", "ben", "cid", "dan"):
        price = 10 + FORMATS[name].get("fee", 0)
        sold = await call("POST", path + "/players", {"userId": user, "buyInAmount": price})
        assert sold["_status"] == 201, sold
    in_lobby = name == "hop_on_off"  # it started with its second player: others came into the next one
    assert (await call("DELETE", path + "/players/dan"))["_status"] == (404 if in_lobby else 200)
    assert (await call("POST", path + "/start"))["status"] == "in_progress"
    await play(call, tournament_id, name)
    await reads(call, tournament_id)
    if name == "cancelled":
        assert (await call("DELETE", path, {"reason": "Storm"}))["status"] == "cancelled"
    else:
        assert (await call("POST", path + "/finish"))["_status"] == 200
        house.clock.jump(60_000)
        await call("POST", path + "/payouts/approve")
        await call("POST", path + "/players/cid/disqualify", {"reason": "Two accounts"})
    await reads(call, tournament_id)
    await call("GET", "/api/tournaments?limit=5")
    await call("GET", "/api/players/ann/tournaments")
    assert call.answers > 70


def test_these_are_twenty_one() -> None:
    assert len(FORMATS) >= 21
