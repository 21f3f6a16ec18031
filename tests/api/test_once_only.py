"""What may happen once only: a payment, an external id; and what a second person must decide."""

from dataclasses import replace
from typing import Any

from config.limits import ANSWERS_KEPT_MS
from server.access import keys
from server.domain.ids import OperatorId, Tenant
from server.ports import Operator, Wallet
from tests.support.app import GAMES, House

LUCKY = Tenant(OperatorId("op_123"), live=True)


async def test_one_payment_buys_once_in_all_tournaments_of_an_operator(house: House) -> None:
    first = await house.tournament("ann", started=True, minPlayers=1, rebuyEnabled=True)
    second = await house.tournament()
    path, entry = f"/api/tournaments/{first}/players/ann/rebuy", {"buyInAmount": 10, "paymentId": "RB1"}
    assert (await house.client.post(path, headers=house.auth, json=entry)).status_code == 200
    told = (await house.client.post(path, headers=house.auth, json=entry)).json()
    assert told["error"] == "payment_already_used"
    assert (told["paymentId"], told["usedInTournament"], told["usedFor"]) == ("RB1", first, "rebuy")
    elsewhere = {"userId": "ben", "buyInAmount": 10, "paymentId": "RB1"}
    told = await house.client.post(f"/api/tournaments/{second}/players", headers=house.auth, json=elsewhere)
    assert (told.status_code, told.json()["error"]) == (409, "payment_already_used")
    player = (await house.client.get(f"/api/tournaments/{first}/players/ann", headers=house.auth)).json()
    assert player["entries"] == 2
    foreign = await house.client.post("/api/tournaments", headers=house.other, json=_body(house))
    path = f"/api/tournaments/{foreign.json()['tournamentId']}/players"
    assert (await house.client.post(path, headers=house.other, json=elsewhere)).status_code == 201


async def test_one_request_cannot_pay_twice_with_one_payment_at_once(house: House) -> None:
    import asyncio

    tournament_id = await house.tournament()
    path = f"/api/tournaments/{tournament_id}/players"
    entries = [{"userId": f"u{n}", "buyInAmount": 10, "paymentId": "same"} for n in range(10)]
    answers = await asyncio.gather(
        *(house.client.post(path, headers=house.auth, json=entry) for entry in entries)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


def _body(house: House, **changes: Any) -> dict[str, Any]:
    base = {"name": "Cup", "gameSlug": "crash-classic", "startTime": house.at(60), "entryFee": 10}
    return base | changes


async def test_an_external_id_names_one_tournament(house: House) -> None:
    async def make(auth: dict[str, str], **changes: Any) -> Any:
        return (await house.client.post("/api/tournaments", headers=auth, json=_body(house, **changes))).json()

    first = await make(house.auth, externalId="EXT_1")
    told = await make(house.auth, externalId="EXT_1")
    assert (told["error"], told["tournamentId"]) == ("external_id_taken", first["tournamentId"])
    assert "tournamentId" in await make(house.other, externalId="EXT_1"), "another operator's own"
    other = await make(house.auth, externalId="EXT_2")
    path = f"/api/tournaments/{other['tournamentId']}"
    change = await house.client.put(path, headers=house.auth, json={"externalId": "EXT_1"})
    assert (change.status_code, change.json()["error"]) == (409, "external_id_taken")
    change = await house.client.put(path, headers=house.auth, json={"externalId": "EXT_3", "entryFee": 3})
    assert change.json()["error"] == "update_not_allowed"
    assert "error" not in await make(house.auth, externalId="EXT_3"), "what was refused took nothing"


async def test_an_operator_may_have_twins(house: House) -> None:
    await house.store.add(Operator(OperatorId("op_123"), "Lucky", GAMES, external_id_twins=True))
    house.clock.jump(10_000)
    for _ in range(2):
        body = _body(house, externalId="EXT_1")
        assert (await house.client.post("/api/tournaments", headers=house.auth, json=body)).status_code == 201


async def test_keys_that_one_person_made_are_one_person(house: House) -> None:
    """The first key cannot approve with a second one that it made."""
    tournament_id = await house.tournament(
        "ann", "ben", started=True, config={"payoutApproval": "two_keys", "graceSeconds": 0}
    )
    path = f"/api/tournaments/{tournament_id}"
    await house.client.post(f"{path}/finish", headers=house.auth)
    made = await house.client.post("/api/keys", headers=house.auth, json={"name": "x", "role": "full_access"})
    mine = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await house.client.post(f"{path}/payouts/approve", headers=house.auth)).status_code == 200
    told = await house.client.post(f"{path}/payouts/approve", headers=mine)
    assert (told.status_code, told.json()["error"]) == (409, "second_key_needed")
    theirs = await house.key("full_access")
    key_id = theirs["Authorization"].removeprefix("Bearer ").partition(":")[0]
    rotated = await house.client.post(f"/api/keys/{key_id}/rotate", headers=house.auth, json={})
    stolen = {"Authorization": f"Bearer {rotated.json()['key']}"}
    told = await house.client.post(f"{path}/payouts/approve", headers=stolen)
    assert told.json()["error"] == "second_key_needed", "whose secret one knows is one's own"
    second = await house.key("full_access")
    assert (await house.client.post(f"{path}/payouts/approve", headers=second)).status_code == 200
    feed = (await house.client.get("/api/events", headers=house.auth)).json()["events"]
    await house.store.route(house.clock.now_ms(), 1_000)
    feed = (await house.client.get("/api/events?limit=100", headers=house.auth)).json()["events"]
    kinds = [event["data"]["kind"] for event in feed if event["eventType"] == "system.alert"]
    assert kinds == ["key_created", "key_rotated"]


async def test_a_key_gives_no_more_than_it_has(house: House) -> None:
    issued = keys.issue(house.ctx.ids, LUCKY, "admin", "read_only")
    end_ms = house.clock.now_ms() + 3_600_000
    own = replace(
        issued.stored,
        permissions=("keys.admin", "tournaments.read"),
        allowed_ips=("127.0.0.0/8",),
        expires_at_ms=end_ms,
    )
    await house.store.add_key(own)
    auth = {"Authorization": f"Bearer {issued.text}"}

    async def make(**body: Any) -> Any:
        return (await house.client.post("/api/keys", headers=auth, json={"name": "k"} | body)).json()

    assert "payouts.approve" in (await make(role="full_access"))["details"]["role"]
    assert "permissions" in (await make(permissions=["players.write"]))["details"]
    late = {"permissions": ["tournaments.read"], "expiresAt": house.at(61)}
    assert "expiresAt" in (await make(**late))["details"]
    wide = {"permissions": ["tournaments.read"], "allowedIps": ["0.0.0.0/0"]}
    assert "allowedIps" in (await make(**wide))["details"]
    good = await make(permissions=["tournaments.read"])
    assert (good["allowedIps"], good["expiresAt"]) == (["127.0.0.0/8"], house.at(60))
    assert good["madeBy"] == own.key_id


async def test_a_key_renews_none_that_may_more(house: House) -> None:
    issued = keys.issue(house.ctx.ids, LUCKY, "admin", "read_only")
    own = replace(issued.stored, permissions=("keys.admin", "tournaments.read"))
    greater = keys.issue(house.ctx.ids, LUCKY, "full", "full_access").stored
    smaller = replace(
        keys.issue(house.ctx.ids, LUCKY, "s", "read_only").stored, permissions=("tournaments.read",)
    )
    for key in (own, greater, smaller):
        await house.store.add_key(key)
    auth = {"Authorization": f"Bearer {issued.text}"}

    async def rotate(key_id: str) -> Any:
        return (await house.client.post(f"/api/keys/{key_id}/rotate", headers=auth, json={})).json()

    assert (await rotate(greater.key_id))["error"] == "insufficient_permissions"
    assert "key" in await rotate(smaller.key_id) and "key" in await rotate(own.key_id)


async def test_a_repeated_key_request_takes_no_key_that_is_in_use(house: House) -> None:
    headers = house.auth | {"Idempotency-Key": "one-key"}
    body = {"name": "backend", "role": "read_only"}
    made = (await house.client.post("/api/keys", headers=headers, json=body)).json()
    auth = {"Authorization": f"Bearer {made['key']}"}
    assert (await house.client.get("/api/tournaments", headers=auth)).status_code == 200
    house.clock.jump(ANSWERS_KEPT_MS + 1)
    await house.store.forget(house.clock.now_ms())
    told = await house.client.post("/api/keys", headers=headers, json=body)
    assert (told.status_code, told.json()["error"]) == (409, "idempotency_key_reused")
    assert (await house.client.get("/api/tournaments", headers=auth)).status_code == 200


async def test_an_operator_has_at_most_a_hundred_keys(house: House) -> None:
    for n in range(99):
        await house.store.add_key(keys.issue(house.ctx.ids, LUCKY, str(n), "read_only").stored)
    told = await house.client.post("/api/keys", headers=house.auth, json={"name": "x", "role": "read_only"})
    assert (told.status_code, told.json()["error"]) == (409, "conflict")


async def test_no_review_is_upheld_while_a_wallet_is_asked(house: House) -> None:
    """A prize that is taken back while it is paid would be paid twice."""
    tournament_id = await house.tournament("ann", "ben", started=True, config={"graceSeconds": 0})
    path = f"/api/tournaments/{tournament_id}"
    events = [{"event_id": user, "player": user, "points": n} for n, user in enumerate(["ben", "ann"])]
    where = f"/api/internal/tournaments/{tournament_id}/events"
    await house.client.post(where, headers=house.platform, json={"events": events})
    await house.client.post(f"{path}/finish", headers=house.auth)
    await house.client.post(f"{path}/payouts/approve", headers=house.auth)
    await house.client.post(f"{path}/players/ann/disqualify", headers=house.auth, json={"reason": "bot"})
    await house.store.set_wallet(LUCKY, Wallet("https://wallet.example", ("whsec_eA==",)))
    now_ms = house.clock.now_ms()
    assert await house.store.claim_payouts(now_ms, now_ms + 180_000, 10)
    where, body = f"{path}/reviews/1/decide", {"decision": "uphold", "reason": "The log shows it"}
    told = await house.client.post(where, headers=house.auth, json=body)
    assert (told.status_code, told.json()["error"]) == (409, "payout_closed")
    house.clock.jump(180_001)
    assert (await house.client.post(where, headers=house.auth, json=body)).json()["status"] == "upheld"


async def test_reviews_are_listed_and_decided(house: House) -> None:
    tournament_id = await house.tournament(
        "ann", "ben", "cid", started=True, config={"graceSeconds": 0}, entryFee=10
    )
    path = f"/api/tournaments/{tournament_id}"
    events = [{"event_id": user, "player": user, "points": n} for n, user in enumerate(["cid", "ben", "ann"])]
    where = f"/api/internal/tournaments/{tournament_id}/events"
    await house.client.post(where, headers=house.platform, json={"events": events})
    await house.client.post(f"{path}/finish", headers=house.auth)
    asked = await house.client.post(
        f"{path}/players/ann/disqualify", headers=house.auth, json={"reason": "bot"}
    )
    assert (asked.json()["status"], asked.json()["review"]) == ("review", 1)
    again = await house.client.post(
        f"{path}/players/ann/disqualify", headers=house.auth, json={"reason": "bot"}
    )
    assert again.json()["review"] == 1, "the one that waits"
    listed = (await house.client.get(f"{path}/reviews", headers=house.auth)).json()["reviews"]
    assert [(one["status"], one["userId"], one["action"]) for one in listed] == [("open", "ann", "disqualify")]
    where = f"{path}/reviews/1/decide"
    body = {"decision": "uphold", "reason": "The log shows it"}
    decided = (await house.client.post(where, headers=house.auth, json=body)).json()
    assert (decided["status"], decided["decisionReason"]) == ("upheld", "The log shows it")
    again = await house.client.post(where, headers=house.auth, json=body)
    assert (again.status_code, again.json()["error"]) == (409, "review_closed")
    for number in ("9", "x", "٣", "9" * 40):
        told = await house.client.post(f"{path}/reviews/{number}/decide", headers=house.auth, json=body)
        assert (told.status_code, told.json()["error"]) == (404, "review_not_found")
    results = (await house.client.get(f"{path}/results", headers=house.auth)).json()["results"]
    assert [(row["userId"], row["prize"]) for row in results] == [("ben", 18.75), ("cid", 11.25)]
    status = (await house.client.get(f"{path}/status", headers=house.auth)).json()
    assert status["openReviews"] == 0
