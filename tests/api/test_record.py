"""The record of a tournament, and the trail of deeds, through the API."""

import csv
import io
import json
from typing import Any

from server.domain.ids import TournamentId
from server.journal.replay import read_state
from tests.support.app import House


async def record(house: House, tournament_id: str, query: str = "") -> Any:
    path = f"/api/tournaments/{tournament_id}/record{query}"
    return await house.client.get(path, headers=house.auth)


async def evening(house: House) -> str:
    """Two players, facts, a correction, prizes; one of them is paid."""
    config = {"graceSeconds": 0}
    tournament_id = await house.tournament("ann", "=ben", "cid", config=config)
    base = f"/api/tournaments/{tournament_id}"
    await house.client.delete(f"{base}/players/cid", headers=house.auth)
    await house.client.post(f"{base}/start", headers=house.auth)
    facts = [{"event_id": "f1", "player": "ann", "points": 2.5}]
    path = f"/api/internal/tournaments/{tournament_id}/events"
    await house.client.post(path, headers=house.platform, json={"events": facts})
    fix = {"action": "adjust", "player": "=ben", "points": 9, "reason": "lag"}
    await house.client.post(f"{base}/corrections", headers=house.auth, json=fix)
    return tournament_id


async def test_the_record_says_everything_at_one_sequence_while_it_runs(house: House) -> None:
    tournament_id = await evening(house)
    answer = await record(house, tournament_id)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    told = answer.json()
    state, chain, _ = await read_state(house.store, TournamentId(tournament_id))
    assert (told["sequence"], told["chain"]) == (state.seq, chain.hex())
    assert told["status"] == "in_progress" and told["facts"] == 1
    assert (told["money"]["buyIns"], told["money"]["pool"], told["money"]["owed"]) == (20, 20, 10)
    rows = {row["userId"]: row for row in told["players"]}
    assert (rows["=ben"]["position"], rows["=ben"]["points"]) == (1, 9)
    assert rows["cid"]["removed"] and rows["cid"]["position"] is None
    assert rows["ann"]["sales"][0]["tender"] == "cash" and rows["ann"]["paid"] == 10
    assert [(p["kind"], p["amount"], p["paidAt"]) for p in told["payouts"]] == [("refund", 10, None)]
    assert [event["sequence"] for event in told["events"]] == [n for n in range(1, state.seq + 1) if n != 8]
    corrected = told["events"][-1]
    assert corrected["kind"] == "score_corrected" and corrected["actor"].startswith("key:pk_live_")
    assert corrected["detail"]["reason"] == "lag" and corrected["detail"]["pointsBefore"] == 0
    assert told["rulesHistory"][0]["version"] == 1 and told["rulesText"][0]["title"] == "Play"
    assert corrected["hash"] == told["chain"]


async def test_as_lines_and_as_tables(house: House) -> None:
    tournament_id = await evening(house)
    whole = (await record(house, tournament_id)).json()
    answer = await record(house, tournament_id, "?format=ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    sections = [line["section"] for line in lines]
    assert sections == ["tournament"] + ["players"] * 3 + ["payouts"] + ["events"] * len(whole["events"])
    table = await record(house, tournament_id, "?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["userId"] for row in rows] == ["ann", "'=ben", "cid"], "no cell is a formula"
    events = await record(house, tournament_id, "?format=csv&section=events")
    assert len(list(csv.DictReader(io.StringIO(events.text)))) == len(whole["events"])
    for wrong in ("?format=xml", "?section=events", "?format=csv&section=tournament"):
        assert (await record(house, tournament_id, wrong)).status_code == 400


async def test_a_paid_line_names_its_date(house: House) -> None:
    tournament_id = await evening(house)
    line = (await record(house, tournament_id)).json()["payouts"][0]["payoutId"]
    path = f"/api/tournaments/{tournament_id}/payouts/{line}/ack"
    await house.client.post(path, headers=house.auth, json={"status": "paid", "reference": "w-1"})
    paid = (await record(house, tournament_id)).json()
    assert paid["payouts"][0]["paidAt"] is not None and paid["money"]["paid"] == 10


async def test_deeds_are_kept_with_before_and_after_and_without_secrets(house: House) -> None:
    made = await house.client.post("/api/keys", headers=house.auth, json={"name": "x", "role": "read_only"})
    key_id = made.json()["keyId"]
    await house.client.post(f"/api/keys/{key_id}/rotate", headers=house.auth, json={})
    await house.client.delete(f"/api/keys/{key_id}", headers=house.auth)
    await house.client.delete(f"/api/keys/{key_id}", headers=house.auth)
    body = {"name": "Daily", "gameSlug": "crash-classic"}
    template = await house.client.post("/api/tournament-templates", headers=house.auth, json=body)
    path = f"/api/tournament-templates/{template.json()['templateId']}"
    await house.client.put(path, headers=house.auth, json={"entryFee": 10.50})
    await house.client.delete(path, headers=house.auth)
    await house.client.put("/api/wallet", headers=house.auth, json={"url": "https://w.example"})
    await house.client.delete("/api/wallet", headers=house.auth)
    told = (await house.client.get("/api/audit", headers=house.auth)).json()
    actions = [entry["action"] for entry in told["entries"]]
    assert actions == [
        "key.created", "key.rotated", "key.revoked",
        "template.created", "template.changed", "template.removed",
        "wallet.set", "wallet.removed",
    ]  # fmt: skip
    changed = told["entries"][4]
    assert (changed["before"].get("entryFee"), changed["after"]["entryFee"]) == (None, "10.5")
    assert {entry["actor"] for entry in told["entries"]} == {changed["actor"]}
    assert "sk_" not in str(told) and "whsec_" not in str(told)
    page = (await house.client.get("/api/audit?limit=3&cursor=2", headers=house.auth)).json()
    assert [entry["sequence"] for entry in page["entries"]] == [3, 4, 5] and page["hasMore"] is True
    assert (await house.client.get("/api/audit", headers=house.other)).json()["entries"] == []
