"""What is owed, seen and settled through the API."""

from typing import Any

import pytest

from tests.support.app import House

NO_GRACE = {"graceSeconds": 0}


async def finished(house: House, *users: str, **config: Any) -> str:
    tournament_id = await house.tournament(*users, started=True, config=NO_GRACE | config)
    facts = [{"event_id": user, "player": user, "points": 9 - n} for n, user in enumerate(users)]
    path = f"/api/internal/tournaments/{tournament_id}/events"
    await house.client.post(path, headers=house.platform, json={"events": facts})
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    return tournament_id


async def payouts(house: House, tournament_id: str, query: str = "") -> Any:
    path = f"/api/tournaments/{tournament_id}/payouts{query}"
    answer = await house.client.get(path, headers=house.auth)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ack(house: House, tournament_id: str, payout_id: str, auth: Any = None, **body: Any) -> Any:
    path = f"/api/tournaments/{tournament_id}/payouts/{payout_id}/ack"
    return await house.client.post(path, headers=auth or house.auth, json=body)


async def test_lines_are_acknowledged_once_and_stay_paid(house: House) -> None:
    tournament_id = await finished(house, "ann", "ben")
    lines = (await payouts(house, tournament_id))["payouts"]
    assert [(p["userId"], p["amount"], p["state"]) for p in lines] == [
        ("ann", 12.5, "approved"),
        ("ben", 7.5, "approved"),
    ]
    first = lines[0]["payoutId"]
    told = await ack(house, tournament_id, first, status="paid", reference="w-1")
    assert (told.status_code, told.json()["state"], told.json()["reference"]) == (200, "paid", "w-1")
    again = await ack(house, tournament_id, first, status="paid", reference="w-2")
    assert again.json()["reference"] == "w-1", "the first credit is the one that counts"
    undone = await ack(house, tournament_id, first, status="void")
    assert (undone.status_code, undone.json()["error"]) == (409, "payout_closed")
    missing = await ack(house, tournament_id, "pay_x", status="paid")
    assert (missing.status_code, missing.json()["error"]) == (404, "payout_not_found")
    events = await house.client.get(f"/api/tournaments/{tournament_id}/events?limit=100", headers=house.auth)
    kinds = [event["eventType"] for event in events.json()["events"]]
    assert kinds[-4:] == ["tournament.results_final", "payout.created", "payout.created", "payout.paid"]
    sequence = [event["sequence"] for event in events.json()["events"]]
    assert sequence == list(range(1, len(sequence) + 1))


async def test_what_failed_is_on_the_list_for_a_person_until_released(house: House) -> None:
    tournament_id = await finished(house, "ann", "ben")
    first = (await payouts(house, tournament_id))["payouts"][0]["payoutId"]
    await ack(house, tournament_id, first, status="failed", reason="account closed")
    found = await house.client.get("/api/payouts?state=needs_person", headers=house.auth)
    assert [(p["payoutId"], p["reason"]) for p in found.json()["payouts"]] == [(first, "account closed")]
    released = await ack(house, tournament_id, first, status="retry")
    assert released.json()["state"] == "approved"
    assert len((await payouts(house, tournament_id, "?state=approved"))["payouts"]) == 2
    forfeited = await ack(house, tournament_id, first, status="not_eligible", reason="self-excluded")
    assert forfeited.json()["state"] == "not_eligible"
    balances = {
        row.account: row.balance_minor for row in await house.store.balances(_tenant(house), tournament_id)
    }
    assert balances["house:retained"] == 12_50 and sum(balances.values()) == 0 and balances["pool"] == 0
    wrong = await house.client.get("/api/payouts?state=odd", headers=house.auth)
    assert wrong.status_code == 400


def _tenant(house: House) -> Any:
    return next(iter(house.store._tournaments.values())).summary.tenant


async def test_refunds_are_lines_too(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben")
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ben", headers=house.auth)
    lines = (await payouts(house, tournament_id))["payouts"]
    assert [(p["userId"], p["kind"], p["tender"], p["amount"]) for p in lines] == [
        ("ben", "refund", "cash", 10)
    ]
    body = {"reason": "storm"}
    await house.client.request("DELETE", f"/api/tournaments/{tournament_id}", headers=house.auth, json=body)
    assert {p["userId"] for p in (await payouts(house, tournament_id))["payouts"]} == {"ann", "ben"}
    waived = await house.tournament("ann")
    body = {"reason": "storm", "refundPlayers": False}  # type: ignore[dict-item]
    await house.client.request("DELETE", f"/api/tournaments/{waived}", headers=house.auth, json=body)
    assert (await payouts(house, waived))["payouts"] == []


async def test_results_may_need_two_keys(house: House) -> None:
    tournament_id = await finished(house, "ann", "ben", payoutApproval="two_keys")
    path = f"/api/tournaments/{tournament_id}/payouts/approve"
    for _ in range(2):
        first = await house.client.post(path, headers=house.auth)
    assert (first.status_code, first.json()["error"]) == (409, "second_key_needed")
    assert (await payouts(house, tournament_id))["resultsStatus"] == "provisional"
    body = {"reason": "two accounts"}
    url = f"/api/tournaments/{tournament_id}/players/ben/disqualify"
    await house.client.post(url, headers=house.auth, json=body)
    second = await house.key("full_access")
    assert (await house.client.post(path, headers=second)).json()["resultsStatus"] == "provisional", (
        "what the first key approved is not what there is now"
    )
    assert (await house.client.post(path, headers=house.auth)).json()["resultsStatus"] == "final"
    lines = (await payouts(house, tournament_id))["payouts"]
    assert [(p["userId"], p["amount"]) for p in lines] == [("ann", 20)]


async def test_a_wallet_is_set_shown_and_taken_away(house: House) -> None:
    path = "/api/wallet"
    assert (await house.client.get(path, headers=house.auth)).json() == {"url": None}
    body = {"url": "https://wallet.example/credit"}
    once = house.auth | {"Idempotency-Key": "w"}
    made = (await house.client.put(path, headers=once, json=body)).json()
    assert made["url"] == body["url"] and made["secret"].startswith("whsec_")
    assert (await house.client.put(path, headers=once, json=body)).json()["secret"] is None
    rotated = (await house.client.put(path, headers=house.auth, json=body)).json()
    stored = await house.store.wallet(_first_tenant(house))
    assert stored is not None and stored.secrets == (rotated["secret"], made["secret"])
    assert (await house.client.get(path, headers=house.other)).json() == {"url": None}
    assert (await house.client.delete(path, headers=house.auth)).json() == {"url": None}


def _first_tenant(house: House) -> Any:
    return next(iter(house.store._wallets))


@pytest.mark.parametrize(
    "url",
    [
        "http://wallet.example",
        "ftp://wallet.example",
        "https://user:pw@wallet.example",
        "wallet.example",
        "https://",
        "https://10.0.0.1/credit",
        "http://localhost:8000",
        "https://2130706433/",
        5,
    ],
)
async def test_a_wallet_is_an_https_address(house: House, url: Any) -> None:
    answer = await house.client.put("/api/wallet", headers=house.auth, json={"url": url})
    assert answer.status_code == 400 and "url" in answer.json()["details"]
