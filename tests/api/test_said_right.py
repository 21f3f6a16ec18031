"""What answers say about money, time and names: found wrong by an audit from outside, and right since."""

import asyncio
from typing import Any

import asyncpg
import pytest

from actors.replies import Reply, Unavailable
from server.access.queue_url import is_queue_of
from server.domain.ids import OperatorId, Tenant, TournamentId
from server.ports import Wallet
from server.storage.postgres.journal import _DOWN
from tests.support.app import House
from workers.commands.verify import verify_tournament

LUCKY = Tenant(OperatorId("op_123"), live=True)


async def get(house: House, path: str) -> Any:
    return (await house.client.get(path, headers=house.auth)).json()


async def test_the_record_of_a_cancelled_one_says_who_has_the_money(house: House) -> None:
    pool = {"total": 500, "distribution": [100]}
    full = await house.tournament("ann", "ben", prizePool=pool)
    await house.client.delete(f"/api/tournaments/{full}", headers=house.auth)
    money = (await get(house, f"/api/tournaments/{full}/record"))["money"]
    assert (money["overlay"], money["refunds"], money["retained"], money["house"]) == (0, 20, 0, 0)
    waived = await house.tournament("ann", "ben", prizePool=pool)
    body = {"refundPlayers": False}
    await house.client.request("DELETE", f"/api/tournaments/{waived}", headers=house.auth, json=body)
    money = (await get(house, f"/api/tournaments/{waived}/record"))["money"]
    assert (money["waived"], money["refunds"], money["house"], money["overlay"]) == (20, 0, 20, 0)
    played = await house.tournament("ann", "ben", started=True, durationSeconds=3_600)
    house.clock.jump(1_800_000)
    await house.client.delete(f"/api/tournaments/{played}", headers=house.auth)
    told = await get(house, f"/api/tournaments/{played}/record")
    assert (told["money"]["refunds"], told["money"]["retained"], told["money"]["house"]) == (10, 10, 10)


async def test_the_record_says_what_no_player_won_in_public_names(house: House) -> None:
    config = {"graceSeconds": 0, "scoring": {"qualify": {"minRounds": 1}}}
    tournament_id = await house.tournament("ann", "ben", started=True, config=config)
    await house.client.post(f"/api/tournaments/{tournament_id}/finish", headers=house.auth)
    told = await get(house, f"/api/tournaments/{tournament_id}/record")
    assert (told["money"]["prizes"], told["money"]["unclaimed"], told["money"]["house"]) == (0, 20, 20)
    assert told["prizeStructure"]["shares"] == [50, 30, 20]
    assert told["rulesHistory"][0]["rules"]["entryFee"] == 10
    assert told["rulesHistory"][0]["rules"]["scheduledStart"].endswith("Z")
    assert not [name for name in str(told["rulesHistory"]).split("'") if name.endswith(("_minor", "_ms"))]
    sold = next(event for event in told["events"] if event["kind"] == "registered")
    assert sold["detail"]["entryFee"] == 10 and '"buy_in_minor":1000' in sold["payload"]


async def test_the_prize_pool_says_the_table_as_sold_and_as_it_stands(house: House) -> None:
    pool = {"total": 500, "distribution": [50, 30, 20]}
    tournament_id = await house.tournament("ann", prizePool=pool)
    told = await get(house, f"/api/tournaments/{tournament_id}/prize-pool")
    assert [place["amount"] for place in told["distribution"]] == [250, 150, 100]
    assert [place["amount"] for place in told["projected"]] == [500]


async def test_a_cancelled_tournament_promises_nothing(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", prizePool={"total": 500, "distribution": [100]})
    await house.client.delete(f"/api/tournaments/{tournament_id}", headers=house.auth)
    path = f"/api/tournaments/{tournament_id}"
    told = await get(house, f"{path}/prize-pool")
    assert (told["totalAmount"], told["overlay"], told["projected"]) == (0, 0, [])
    assert (await get(house, f"{path}/status"))["prizePool"]["totalAmount"] == 0
    assert (await get(house, "/api/tournaments"))["tournaments"][0]["prizePool"] == 0
    entries = (await get(house, "/api/audit"))["entries"]
    assert (entries[-1]["action"], entries[-1]["subject"]) == ("tournament.cancelled", tournament_id)


async def test_a_refusal_names_instants_as_instants(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", rebuyEnabled=True)
    path = f"/api/tournaments/{tournament_id}/players/ann/rebuy"
    told = (await house.client.post(path, headers=house.auth, json={"amount": 10})).json()
    assert (told["rule"], told["opensAt"]) == ("not_started", house.at(60)) and "opensAtMs" not in told


async def test_an_update_is_told_under_public_names(house: House) -> None:
    tournament_id = await house.tournament(registrationOpens=house.at(10))
    body = {"startTime": house.at(90), "entryFee": 3}
    await house.client.put(f"/api/tournaments/{tournament_id}", headers=house.auth, json=body)
    events = (await get(house, f"/api/tournaments/{tournament_id}/events"))["events"]
    assert sorted(events[-1]["data"]["changed"]) == ["entryFee", "startTime"]


@pytest.mark.unforeseen
async def test_a_key_that_was_made_before_a_crash_is_made_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise SystemError("killed")

    headers = house.auth | {"Idempotency-Key": "one-key"}
    body = {"name": "backend", "role": "read_only"}
    with monkeypatch.context() as broken:
        broken.setattr(house.store, "keep", dies)
        broken.setattr(house.store, "release", dies)
        assert (await house.client.post("/api/keys", headers=headers, json=body)).status_code == 500
    again = asyncio.create_task(house.client.post("/api/keys", headers=headers, json=body))
    while not again.done():
        await house.clock.advance(1_000)
    assert again.result().status_code == 201 and again.result().json()["key"] is not None
    named = [key for key, _ in await house.store.keys(LUCKY) if key.name == "backend"]
    assert len(named) == 1


async def test_a_line_that_a_wallet_is_asked_for_cannot_be_voided(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben")
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ann", headers=house.auth)
    await house.store.set_wallet(LUCKY, Wallet("https://wallet.example", ("whsec_eA==",)))
    now_ms = house.clock.now_ms()
    (claimed,) = await house.store.claim_payouts(now_ms, now_ms + 180_000, 10)
    path = f"/api/tournaments/{tournament_id}/payouts/{claimed.row.payout.id}/ack"
    for status in ("void", "not_eligible"):
        told = await house.client.post(path, headers=house.auth, json={"status": status})
        assert (told.status_code, told.json()["error"]) == (409, "payout_closed")
        assert told.json()["state"] == "processing"
    house.clock.jump(180_001)
    assert (await house.client.post(path, headers=house.auth, json={"status": "void"})).status_code == 200


async def test_no_wallet_is_asked_for_a_line_while_it_is_being_voided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that looks between the check and the owner's commit finds nothing to pay."""
    tournament_id = await house.tournament("ann", "ben")
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ann", headers=house.auth)
    await house.store.set_wallet(LUCKY, Wallet("https://wallet.example", ("whsec_eA==",)))
    _, (line,) = await house.store.payouts(LUCKY, tournament_id, (), 10, 0)
    path = f"/api/tournaments/{tournament_id}/payouts/{line.row.payout.id}/ack"
    ask, now_ms = house.directory.ask, house.clock.now_ms()

    async def claimed() -> int:
        return len(await house.store.claim_payouts(now_ms, now_ms + 180_000, 10))

    async def away(*_: Any) -> Unavailable:
        assert await claimed() == 0
        return Unavailable("away")

    monkeypatch.setattr(house.directory, "ask", away)
    assert (await house.client.post(path, headers=house.auth, json={"status": "void"})).status_code == 503
    _, (line,) = await house.store.payouts(LUCKY, tournament_id, (), 10, 0)
    assert line.claimed_until_ms is None, "it is given back when nothing was decided"

    async def watched(*asked: Any) -> Reply:
        assert await claimed() == 0
        return await ask(*asked)

    monkeypatch.setattr(house.directory, "ask", watched)
    assert (await house.client.post(path, headers=house.auth, json={"status": "void"})).json()[
        "state"
    ] == "void"
    assert await claimed() == 0


async def test_verify_names_what_is_overdue(house: House) -> None:
    tournament_id = TournamentId(await house.tournament("ann", "ben"))
    due_ms = house.clock.now_ms() + 3_600_000
    assert await verify_tournament(house.store, tournament_id, due_ms + 59_000) is None
    wrong = await verify_tournament(house.store, tournament_id, due_ms + 60_000)
    assert wrong is not None and "overdue" in wrong.what


@pytest.mark.parametrize(
    ("operator", "queue", "mine"),
    [
        ("acme", "pitboss-acme-events", True),
        ("acme", "pitboss-acme-eu-events", False),
        ("acme-eu", "pitboss-acme-eu-events", True),
        ("acme", "pitboss-acme-", False),
        ("acme", "pitboss-acme", False),
    ],
)
def test_no_operator_names_anothers_queue(operator: str, queue: str, mine: bool) -> None:
    url = f"https://sqs.eu-west-1.amazonaws.com/123456789012/{queue}.fifo"
    assert is_queue_of(url, operator) is mine


@pytest.mark.parametrize(
    "error", [asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.QueryCanceledError,
              asyncpg.AdminShutdownError, asyncpg.TooManyConnectionsError, asyncpg.ReadOnlySQLTransactionError]
)  # fmt: skip
def test_a_database_that_cannot_write_is_away(error: type) -> None:
    assert issubclass(error, _DOWN) and not issubclass(asyncpg.UniqueViolationError, _DOWN)
