"""Who may do what: keys, roles, tenants, tokens, repetition, and every code of the catalogue."""

import asyncio
from typing import Any

import httpx2
import jwt
import pytest

from api.app import ROUTERS
from api.game_platform.fact_stream import router as fact_stream
from api.game_platform.routes import router as internal
from api.http.errors import STATUS, DoorCode
from api.pages.demo_entries import router as demo_entries
from api.pages.page_routes import router as pages
from api.pages.sdk import router as sdk
from api.rest.operations.routes import router as operations
from api.rest.players.own import router as own_entry
from api.rest.public.routes import router as public
from api.spec.serving import router as described
from server.access import keys as key_maker
from server.access.permissions import PERMISSIONS, ROLES
from server.domain.ids import OperatorId, Tenant
from server.domain.refusal import Code
from server.ports import StoreUnavailable
from server.runtime.randomness import SystemIds
from tests.support.app import House

ROUTES = [
    ("POST", "/api/tournaments", "tournaments.write"),
    ("GET", "/api/tournaments", "tournaments.read"),
    ("GET", "/api/games", "tournaments.read"),
    ("GET", "/api/tournaments/{t}", "tournaments.read"),
    ("PUT", "/api/tournaments/{t}", "tournaments.write"),
    ("DELETE", "/api/tournaments/{t}", "tournaments.delete"),
    ("POST", "/api/tournaments/{t}/cancel/preview", "tournaments.delete"),
    ("GET", "/api/tournaments/{t}/status", "tournaments.read"),
    ("POST", "/api/tournaments/{t}/start", "tournaments.write"),
    ("POST", "/api/tournaments/{t}/finish", "tournaments.write"),
    ("POST", "/api/tournaments/{t}/players", "players.write"),
    ("GET", "/api/tournaments/{t}/players", "players.read"),
    ("GET", "/api/tournaments/{t}/players/ann", "players.read"),
    ("DELETE", "/api/tournaments/{t}/players/ann", "players.write"),
    ("POST", "/api/tournaments/{t}/players/ann/rebuy", "players.write"),
    ("POST", "/api/tournaments/{t}/players/ann/token", "players.write"),
    ("POST", "/api/tournaments/{t}/players/ann/add-on", "players.write"),
    ("POST", "/api/tournaments/{t}/players/ann/disqualify", "players.write"),
    ("GET", "/api/tournaments/{t}/players/ann/trace", "results.read"),
    ("GET", "/api/tournaments/{t}/fairness", "results.read"),
    ("POST", "/api/tournaments/{t}/corrections", "scores.write"),
    ("GET", "/api/tournaments/{t}/reviews", "results.read"),
    ("POST", "/api/tournaments/{t}/reviews/{number}/decide", "payouts.approve"),
    ("GET", "/api/tournaments/{t}/payouts", "payouts.read"),
    ("POST", "/api/tournaments/{t}/payouts/approve", "payouts.approve"),
    ("POST", "/api/tournaments/{t}/payouts/{payout_id}/ack", "payouts.approve"),
    ("GET", "/api/payouts", "payouts.read"),
    ("GET", "/api/tournaments/{t}/record", "audit.read"),
    ("GET", "/api/audit", "audit.read"),
    ("GET", "/api/wallet", "payouts.read"),
    ("PUT", "/api/wallet", "payouts.approve"),
    ("DELETE", "/api/wallet", "payouts.approve"),
    ("GET", "/api/events", "tournaments.read"),
    ("GET", "/api/webhooks", "webhooks.write"),
    ("PUT", "/api/webhooks", "webhooks.write"),
    ("POST", "/api/webhooks/test", "webhooks.write"),
    ("GET", "/api/webhooks/deliveries", "webhooks.write"),
    ("POST", "/api/webhooks/deliveries/redeliver", "webhooks.write"),
    ("POST", "/api/webhooks/{webhook}/rotate", "webhooks.write"),
    ("DELETE", "/api/webhooks/{webhook}", "webhooks.write"),
    ("GET", "/api/tournaments/{t}/rules", "tournaments.read"),
    ("POST", "/api/scoring/simulate", "tournaments.read"),
    ("GET", "/api/players/ann/tournaments", "players.read"),
    ("POST", "/api/internal/tournaments", "players.write"),
    ("DELETE", "/api/internal/tournaments/{t}/players/ann", "players.write"),
    ("GET", "/api/keys", "keys.admin"),
    ("POST", "/api/keys", "keys.admin"),
    ("POST", "/api/keys/{key_id}/rotate", "keys.admin"),
    ("DELETE", "/api/keys/{key_id}", "keys.admin"),
    ("POST", "/api/tournament-templates", "templates.write"),
    ("GET", "/api/tournament-templates", "tournaments.read"),
    ("GET", "/api/tournament-templates/{template_id}", "tournaments.read"),
    ("PUT", "/api/tournament-templates/{template_id}", "templates.write"),
    ("DELETE", "/api/tournament-templates/{template_id}", "templates.write"),
    ("POST", "/api/tournaments/bulk", "tournaments.write"),
    ("GET", "/api/tournaments/{t}/leaderboard", "results.read"),
    ("GET", "/api/tournaments/{t}/results", "results.read"),
    ("GET", "/api/tournaments/{t}/prize-pool", "results.read"),
    ("GET", "/api/tournaments/{t}/events", "tournaments.read"),
    ("POST", "/api/internal/tournaments/{t}/events", "scores.write"),
    ("POST", "/api/internal/tournaments/{t}/rounds", "scores.write"),
    ("GET", "/api/internal/tournaments/{t}/config", "tournaments.read"),
    ("GET", "/api/internal/tournaments/{t}/status", "tournaments.read"),
    ("GET", "/api/internal/tournaments/{t}/players", "tournaments.read"),
    ("POST", "/api/internal/auth/validate-token", "tournaments.read"),
]


def test_the_list_of_routes_is_complete() -> None:
    known = {(method, path.replace("{t}", "{tournament_id}")) for method, path, _ in ROUTES}
    open_to_all = (public, operations, described, fact_stream, pages, sdk, demo_entries, own_entry)
    casino = [router for router in ROUTERS if router not in open_to_all]
    for router, prefix in (*((router, "") for router in casino), (internal, "/api/internal")):
        for route in router.routes:
            for method in route.methods:  # type: ignore[attr-defined]
                path = (prefix + route.path).replace("{player}", "ann").replace("{user_id}", "ann")  # type: ignore[attr-defined]
                assert (method, path) in known, (method, path)


async def call(house: House, method: str, path: str, tournament_id: str, headers: Any) -> httpx2.Response:
    body = {"reason": "x"} if method == "DELETE" else {"status": "paid"} if path.endswith("/ack") else {}
    return await house.client.request(
        method,
        path.format(
            t=tournament_id,
            template_id="template_x",
            key_id="pk_x",
            payout_id="pay_x",
            number=1,
            webhook="main",
        ),
        headers=headers,
        json=body,
    )


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
async def test_every_route_needs_a_key_and_its_permission(
    house: House, method: str, path: str, permission: str
) -> None:
    tournament_id = await house.tournament("ann")
    nobody = await call(house, method, path, tournament_id, {})
    assert (nobody.status_code, nobody.json()["error"]) == (401, "unauthorized")
    also = {"tournaments.delete": {"tournaments.write"}, "scores.write": {"payouts.approve"}}
    alternatives = {permission} | also.get(permission, set())
    poor = key_maker.issue(SystemIds(), Tenant(OperatorId("op_123"), live=True), "poor", "game_platform")
    granted = tuple(sorted(PERMISSIONS - alternatives))
    stored = type(poor.stored)(
        **{n: getattr(poor.stored, n) for n in poor.stored.__slots__} | {"permissions": granted}
    )
    await house.store.add_key(stored)
    refused = await call(house, method, path, tournament_id, {"X-API-Key": poor.text})
    assert refused.status_code == 403, refused.text
    assert refused.json()["required"] == permission


@pytest.mark.parametrize(("method", "path", "permission"), [r for r in ROUTES if "{t}" in r[1]])
async def test_a_foreign_tournament_answers_like_a_missing_one(
    house: House, method: str, path: str, permission: str
) -> None:
    tournament_id = await house.tournament("ann")
    role = "game_platform" if "internal" in path else "full_access"
    stranger = await house.key(role, "op_456")
    sandbox = await house.key(role, "op_123", live=False)
    commits = house.store.commits
    for headers in (stranger, sandbox):
        foreign = await call(house, method, path, tournament_id, headers)
        missing = await call(house, method, path, "0" * 32, headers)
        assert foreign.status_code == missing.status_code == 404
        told, told_missing = foreign.json(), missing.json()
        assert told["error"] == told_missing["error"] == "tournament_not_found"
        assert set(told) == set(told_missing)
        assert told["message"] == told_missing["message"].replace("0" * 32, tournament_id)
    assert house.store.commits == commits


async def test_internal_routes_are_for_game_platforms(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True)
    answer = await house.client.get(f"/internal/tournaments/{tournament_id}/config", headers=house.auth)
    assert answer.status_code == 403
    key = house.platform["Authorization"].removeprefix("Bearer ")
    for headers in (house.platform, {"X-Internal-Api-Key": key}):
        answer = await house.client.get(f"/internal/tournaments/{tournament_id}/players", headers=headers)
        assert answer.status_code == 200
        assert "totalPaid" not in answer.text and "userId" not in answer.text


@pytest.mark.parametrize(
    "text", ["", "Bearer", "Bearer x", "Basic abc", "Bearer pk_live_x:sk_live_y", "Bearer a:b:c"]
)
async def test_wrong_keys(house: House, text: str) -> None:
    answer = await house.client.get("/api/tournaments", headers={"Authorization": text})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_secret_and_an_expired_key(house: House) -> None:
    key = house.auth["Authorization"]
    wrong = await house.client.get("/api/tournaments", headers={"Authorization": key[:-2] + "zz"})
    assert wrong.status_code == 401
    issued = key_maker.issue(SystemIds(), Tenant(OperatorId("op_123"), live=True), "old", "full_access")
    fields = {n: getattr(issued.stored, n) for n in issued.stored.__slots__}
    await house.store.add_key(type(issued.stored)(**fields | {"expires_at_ms": house.clock.now_ms() + 1_000}))
    headers = {"Authorization": f"Bearer {issued.text}"}
    assert (await house.client.get("/api/tournaments", headers=headers)).status_code == 200
    house.clock.jump(1_000)
    assert (await house.client.get("/api/tournaments", headers=headers)).status_code == 401


def test_roles_hold_known_permissions_and_no_full_key_writes_scores() -> None:
    assert all(granted <= PERMISSIONS for granted in ROLES.values())
    assert "scores.write" not in ROLES["full_access"]


async def test_an_idempotency_key_gives_one_effect(house: House) -> None:
    headers = house.auth | {"Idempotency-Key": "k-1"}
    body = {"name": "T", "startTime": house.at(60), "gameSlug": "crash-classic", "entryFee": 10}
    first = await house.client.post("/api/tournaments", headers=headers, json=body)
    again = await house.client.post("/api/tournaments", headers=headers, json=body)
    assert first.json() == again.json()
    other = await house.client.post("/api/tournaments", headers=headers, json=body | {"name": "U"})
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_key_reused")
    path = f"/api/tournaments/{first.json()['tournamentId']}/players"
    entry = {"userId": "u", "buyInAmount": 10}
    headers = house.auth | {"Idempotency-Key": "k-2"}
    answers = [(await house.client.post(path, headers=headers, json=entry)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    plain = await house.client.post(path, headers=house.auth, json=entry)
    assert (plain.status_code, plain.json()["playerId"]) == (409, answers[0]["player_id"])


async def test_player_tokens(house: House) -> None:
    tournament_id = await house.tournament("ann")
    path = f"/api/tournaments/{tournament_id}/players/ann/token"
    token = (await house.client.post(path, headers=house.auth)).json()["crash-classic"]["jwt"]
    jwks = (await house.client.get("/.well-known/jwks.json")).json()
    key = jwt.PyJWK(jwks["keys"][0])
    assert jwt.get_unverified_header(token)["kid"] == jwks["keys"][0]["kid"]
    claims = jwt.decode(
        token,
        key,
        algorithms=["EdDSA"],
        audience="pitboss-player",
        issuer="pitboss",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert {"tournament_id", "internal_player_id", "external_user_id", "display_name", "operator_id",
            "room_id", "game_slug", "permissions", "iat", "exp", "iss", "aud"} <= set(claims)  # fmt: skip
    check = "/api/internal/auth/validate-token"
    valid = await house.client.post(check, headers=house.platform, json={"token": token})
    assert valid.json()["valid"] is True and valid.json()["external_user_id"] == "ann"
    foreign = await house.key("game_platform", "op_456")
    none = jwt.encode({"sub": "x"}, None, algorithm="none")  # type: ignore[arg-type]
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for wrong in ("x", none, forged, token + "x"):
        told = await house.client.post(check, headers=house.platform, json={"token": wrong})
        assert told.json() == {"valid": False, "reason": "invalid_or_expired"}
    told = await house.client.post(check, headers=foreign, json={"token": token})
    assert told.json() == {"valid": False, "reason": "invalid_or_expired"}
    house.clock.jump(13 * 3_600_000)
    told = await house.client.post(check, headers=house.platform, json={"token": token})
    assert told.json()["valid"] is True, "it opens what it is for until a day after the end"
    house.clock.jump(14 * 3_600_000)
    told = await house.client.post(check, headers=house.platform, json={"token": token})
    assert told.json() == {"valid": False, "reason": "invalid_or_expired"}


async def test_a_token_lasts_as_long_as_its_tournament(house: House) -> None:
    """Registered three days ahead: the link must open the game when it starts."""
    tournament_id = await house.tournament("ann", startTime=house.at(72 * 60), durationSeconds=3_600)
    path = f"/api/tournaments/{tournament_id}/players/ann/token"
    told = (await house.client.post(path, headers=house.auth)).json()
    assert told["tokenExpiresAt"] == house.at((72 + 1 + 24) * 60)
    waits: dict[str, Any] = {"onMinPlayersMissed": "wait", "waitUntil": house.at(240), "minPlayers": 2}
    late = await house.tournament("ann", durationSeconds=3_600, **waits)
    path = f"/api/tournaments/{late}/players/ann/token"
    told = (await house.client.post(path, headers=house.auth)).json()
    assert told["tokenExpiresAt"] == house.at(240 + 60 + 24 * 60)


async def test_a_token_says_no_for_players_who_are_out(house: House) -> None:
    async def check(token: str) -> Any:
        path = "/api/internal/auth/validate-token"
        return (await house.client.post(path, headers=house.platform, json={"token": token})).json()

    tournament_id = await house.tournament("ann", "ben", "cid")
    path = f"/api/tournaments/{tournament_id}"
    tokens = {}
    for user in ("ann", "ben", "cid"):
        told = await house.client.post(f"{path}/players/{user}/token", headers=house.auth)
        tokens[user] = told.json()["crash-classic"]["jwt"]
    assert (await check(tokens["cid"]))["permissions"] == ["watch", "play"]
    await house.client.delete(f"{path}/players/ann", headers=house.auth)
    why = {"reason": "cheated"}
    await house.client.post(f"{path}/players/ben/disqualify", headers=house.auth, json=why)
    assert (await check(tokens["ann"]))["reason"] == "player_removed"
    assert (await check(tokens["ben"]))["reason"] == "player_disqualified"
    for user in ("ann", "ben"):
        guest = {"Authorization": f"Bearer {tokens[user]}"}
        assert (await house.client.get(f"{path}/players/{user}/trace", headers=guest)).status_code == 200
        own = (await house.client.get(f"{path}/players/me", headers=guest)).json()
        assert own["position"] is None and own["userId"] == user, "its own outcome stays readable"
        for shown in ("", "/status", "/leaderboard", "/prize-pool", "/results"):
            assert (await house.client.get(path + shown, headers=guest)).status_code == 401, shown
    await house.client.delete(path, headers=house.auth)
    assert (await check(tokens["cid"]))["reason"] == "tournament_cancelled"
    over = await house.tournament("dan", "eve", started=True)
    told = await house.client.post(f"/api/tournaments/{over}/players/dan/token", headers=house.auth)
    token = told.json()["crash-classic"]["jwt"]
    await house.client.post(f"/api/tournaments/{over}/finish", headers=house.auth)
    assert (await check(token))["permissions"] == ["watch"]


async def test_a_removed_player_gets_no_token(house: House) -> None:
    tournament_id = await house.tournament("ann")
    await house.client.delete(f"/api/tournaments/{tournament_id}/players/ann", headers=house.auth)
    path = f"/api/tournaments/{tournament_id}/players/ann/token"
    assert (await house.client.post(path, headers=house.auth)).status_code == 404


async def test_request_ids_come_back(house: House) -> None:
    own = await house.client.get("/healthz", headers={"X-Request-Id": "abc-1"})
    assert own.headers["X-Request-Id"] == "abc-1"
    bad = await house.client.get("/healthz", headers={"X-Request-Id": "a b"})
    assert bad.headers["X-Request-Id"].startswith("req_")


async def test_the_database_away_is_503_with_retry_after(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise StoreUnavailable("planted")

    monkeypatch.setattr(house.store, "page", away)
    monkeypatch.setattr(house.store, "write_something", away)
    answer = await house.client.get("/api/tournaments", headers=house.auth)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["error"] == "service_unavailable" and "planted" not in answer.text
    assert (await house.client.get("/readyz")).status_code == 503
    assert (await house.client.get("/healthz")).status_code == 200


async def test_paths_and_methods_that_do_not_exist(house: House) -> None:
    assert (await house.client.get("/nope")).json()["error"] == "not_found"
    answer = await house.client.patch("/api/tournaments", headers=house.auth)
    assert (answer.status_code, answer.json()["error"]) == (405, "method_not_allowed")


def test_every_code_has_a_status_and_none_is_422() -> None:
    assert set(STATUS) == {*Code, *DoorCode}
    assert 422 not in STATUS.values()


async def test_refusals_of_rules_reach_the_caller(house: House) -> None:
    """The codes that other tests do not produce through the API."""
    tournament_id = await house.tournament("ann", maxPlayers=2, minPlayers=2)
    base = f"/api/tournaments/{tournament_id}"

    async def error(method: str, path: str, body: Any = None) -> tuple[int, str]:
        answer = await house.client.request(method, base + path, headers=house.auth, json=body or {})
        return answer.status_code, answer.json().get("error", "")

    assert await error("POST", "/start") == (409, "not_enough_players")
    assert await error("POST", "/finish") == (409, "invalid_status")
    assert await error("POST", "/players/ann/rebuy", {"buyInAmount": 1}) == (409, "rebuy_not_allowed")
    assert await error("DELETE", "/players/nobody") == (404, "player_not_found")
    assert await error("GET", "/players/nobody") == (404, "player_not_found")
    assert await error("PUT", "", {"entryFee": 5}) == (409, "update_not_allowed")
    assert (await error("POST", "/players", {"userId": "ben", "buyInAmount": 10}))[0] == 201
    assert await error("POST", "/players", {"userId": "cid", "buyInAmount": 10}) == (409, "tournament_full")
    house.clock.jump(3_600_000)
    assert await error("POST", "/players", {"userId": "cid", "buyInAmount": 10}) == (
        409,
        "registration_closed",
    )
    rich = await house.tournament("ann", "ben", started=True, rebuyEnabled=True, maxEntriesPerPlayer=2)
    base = f"/api/tournaments/{rich}"
    twice = {"additionalEntries": 2, "buyInAmount": 20}
    assert await error("POST", "/players/ann/rebuy", twice) == (409, "rebuy_limit_reached")


async def test_an_update_refusal_names_each_field_and_its_reason(house: House) -> None:
    tournament_id = await house.tournament(maxPlayers=100)
    body = {"entry_fee": 5, "maxPlayers": 50, "name": "N"}
    answer = await house.client.put(f"/api/tournaments/{tournament_id}", headers=house.auth, json=body)
    assert answer.json()["details"] == {
        "entry_fee": "Cannot be changed once registration is open",
        "maxPlayers": "Can only increase",
    }
    grown = {"prizePool": {"type": "percentage", "distribution": [60, 40]}}
    answer = await house.client.put(f"/api/tournaments/{tournament_id}", headers=house.auth, json=grown)
    assert answer.json()["details"] == {"prizePool": "Can only increase"}


async def test_the_preview_is_the_cancellation(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, fee=0, durationSeconds=3600)
    path = f"/api/tournaments/{tournament_id}"
    house.clock.jump(1_200_000)
    commits = house.store.commits
    preview = (await house.client.post(f"{path}/cancel/preview", headers=house.auth)).json()
    assert house.store.commits == commits
    assert [(line["userId"], line["refund"]) for line in preview["lines"]] == [("ann", 6.66), ("ben", 6.66)]
    assert (preview["refundAmount"], preview["retainedFromPool"]) == (13.32, 6.68)
    done = (await house.client.delete(path, headers=house.auth)).json()
    assert (done["refundAmount"], done["playersRefunded"]) == (preview["refundAmount"], 2)
    lines = await house.store.balances(Tenant(OperatorId("op_123"), live=True), tournament_id)
    assert {line.account: line.balance_minor for line in lines} == {
        "house:retained": 668,
        "player:0": -334,
        "player:1": -334,
        "pool": 0,
    }
    finished = await house.tournament("ann", "ben", started=True)
    await house.client.post(f"/api/tournaments/{finished}/finish", headers=house.auth)
    refused = await house.client.post(f"/api/tournaments/{finished}/cancel/preview", headers=house.auth)
    assert (refused.status_code, refused.json()["error"]) == (409, "invalid_status")


async def test_late_registration_through_the_api(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben", started=True, lateRegistrationMinutes=5)
    path = f"/api/tournaments/{tournament_id}"
    status = (await house.client.get(f"{path}/status", headers=house.auth)).json()
    assert status["registrationStatus"] == "open"
    entry = {"userId": "cid", "buyInAmount": 10}
    late = await house.client.post(f"{path}/players", headers=house.auth, json=entry)
    assert (late.status_code, late.json()["status"]) == (201, "active")
    house.clock.jump(5 * 60_000)
    status = (await house.client.get(f"{path}/status", headers=house.auth)).json()
    assert status["registrationStatus"] == "closed"
    entry = {"userId": "dan", "buyInAmount": 10}
    refused = await house.client.post(f"{path}/players", headers=house.auth, json=entry)
    assert refused.json()["error"] == "registration_closed"


async def test_ranges_guarantee_and_seed_through_the_api(house: House) -> None:
    body: dict[str, Any] = {
        "prizePool": {
            "type": "percentage",
            "distribution": {"1": 40, "2-3": 15, "4-9": 5},
            "guaranteed": 200,
            "seed": 50.5,
        }
    }
    tournament_id = await house.tournament("ann", "ben", **body)
    path = f"/api/tournaments/{tournament_id}"
    pool = (await house.client.get(f"{path}/prize-pool", headers=house.auth)).json()
    assert (pool["totalAmount"], pool["collected"], pool["overlay"], pool["seed"]) == (250.5, 20, 180, 50.5)
    assert sum(round(line["amount"] * 100) for line in pool["distribution"]) == 250_50
    detail = (await house.client.get(path, headers=house.auth)).json()["prizePool"]
    assert detail["distribution"] == [40, 15, 15, 5, 5, 5, 5, 5, 5]
    more = await house.client.put(path, headers=house.auth, json={"prizePool": {"guaranteed": 300}})
    assert more.json()["prizePool"]["totalAmount"] == 350.5
    less = await house.client.put(path, headers=house.auth, json={"prizePool": {"seed": 1}})
    assert less.json()["details"] == {"prizePool": "Can only increase"}


async def test_a_fixed_pool_may_grow_while_open(house: House) -> None:
    tournament_id = await house.tournament(prizePool={"total": 500, "distribution": [70, 30]})
    path = f"/api/tournaments/{tournament_id}"
    answer = await house.client.put(path, headers=house.auth, json={"prizePool": {"total": 600.5}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["prizePool"]["totalAmount"] == 600.5
    assert answer.json()["prizePool"]["distribution"] == [70, 30]
    less = await house.client.put(path, headers=house.auth, json={"prizePool": {"total": 100}})
    assert less.json()["error"] == "update_not_allowed"


async def test_unpaid_refunds_are_waived_on_the_ledger(house: House) -> None:
    tournament_id = await house.tournament("ann", "ben")
    body = {"reason": "storm", "refundPlayers": False, "notifyPlayers": False}
    answer = await house.client.request(
        "DELETE", f"/api/tournaments/{tournament_id}", headers=house.auth, json=body
    )
    assert (answer.json()["playersRefunded"], answer.json()["refundAmount"]) == (0, 0)
    lines = await house.store.balances(Tenant(OperatorId("op_123"), live=True), tournament_id)
    balances = {line.account: line.balance_minor for line in lines}
    assert balances["pool"] == 0 and balances["house:waived"] == 2_000


async def test_200_racing_registrations_with_one_key_are_one_entry_one_charge_and_one_body(
    house: House,
) -> None:
    tournament_id = await house.tournament()
    path = f"/api/tournaments/{tournament_id}/players"
    headers = house.auth | {"Idempotency-Key": "k-200"}
    entry = {"userId": "ann", "buyInAmount": 10}
    calls = [asyncio.create_task(house.client.post(path, headers=headers, json=entry)) for _ in range(200)]
    while not all(call.done() for call in calls):
        await house.clock.advance(50)
    answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 199
    tenant = Tenant(OperatorId("op_123"), live=True)
    assert (await house.store.players(tenant, tournament_id, 9, 0))[0] == 1
    balances = {line.account: line.balance_minor for line in await house.store.balances(tenant, tournament_id)}
    assert balances == {"player:0": -1_000, "pool": 1_000}
    house.clock.jump(3 * 3_600_000)
    late = await house.client.post(path, headers=headers, json=entry)
    assert late.content == answers[0].content, "also when registration has closed meanwhile"
    other = await house.client.post(path, headers=headers, json=entry | {"userId": "ben"})
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_key_reused")
    spaced = await house.client.post(path, headers=headers, content='{"buyInAmount":10 ,  "userId":"ann"}')
    assert spaced.content == answers[0].content, "the same request, laid out otherwise"


async def test_one_key_is_one_request_across_tournaments_and_a_refusal_is_an_answer(house: House) -> None:
    first, second = await house.tournament(maxPlayers=2, minPlayers=2), await house.tournament()
    headers = house.auth | {"Idempotency-Key": "k"}
    wrong = {"userId": "ann", "buyInAmount": 9}
    told = await house.client.post(f"/api/tournaments/{first}/players", headers=headers, json=wrong)
    again = await house.client.post(f"/api/tournaments/{first}/players", headers=headers, json=wrong)
    assert told.status_code == again.status_code == 400 and told.content == again.content
    other = await house.client.post(f"/api/tournaments/{second}/players", headers=headers, json=wrong)
    assert other.json()["error"] == "idempotency_key_reused"


@pytest.mark.unforeseen
async def test_a_front_end_that_dies_between_commit_and_answer_costs_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The effect is stored, the answer is not: the next one claims the key and gets the first result."""
    tournament_id = await house.tournament()
    path = f"/api/tournaments/{tournament_id}/players"
    headers = house.auth | {"Idempotency-Key": "k-dead"}
    entry = {"userId": "ann", "buyInAmount": 10}

    async def dies(*_: Any) -> None:
        raise SystemError("killed")

    keep, release = house.store.keep, house.store.release
    monkeypatch.setattr(house.store, "keep", dies)
    monkeypatch.setattr(house.store, "release", dies)
    assert (await house.client.post(path, headers=headers, json=entry)).status_code == 500
    monkeypatch.setattr(house.store, "keep", keep)
    monkeypatch.setattr(house.store, "release", release)
    retry = asyncio.create_task(house.client.post(path, headers=headers, json=entry))
    for _ in range(500):
        await house.clock.advance(50)
    answer = retry.result()
    assert answer.status_code == 201 and answer.json()["userId"] == "ann"
    assert (await house.client.post(path, headers=headers, json=entry)).content == answer.content
    tenant = Tenant(OperatorId("op_123"), live=True)
    assert (await house.store.players(tenant, tournament_id, 9, 0))[0] == 1


async def test_an_outage_is_no_answer_and_may_be_repeated(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise StoreUnavailable("planted")

    headers = house.auth | {"Idempotency-Key": "k-out"}
    body = {"name": "T", "startTime": house.at(60), "gameSlug": "crash-classic"}
    find = house.store.find
    made = await house.client.post("/api/tournaments", headers=house.auth, json=body)
    path = f"/api/tournaments/{made.json()['tournamentId']}/players"
    monkeypatch.setattr(house.store, "find", away)
    entry = {"userId": "ann", "paymentId": "p"}
    assert (await house.client.post(path, headers=headers, json=entry)).status_code == 503
    monkeypatch.setattr(house.store, "find", find)
    assert (await house.client.post(path, headers=headers, json=entry)).status_code == 201
