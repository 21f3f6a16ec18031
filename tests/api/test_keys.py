"""Keys: shown once, scoped, rotated with two secrets, bound to addresses, revoked."""

from typing import Any

import pytest

from server.encoding.wire import instant
from tests.support.app import House


async def call(house: House, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
    answer = await house.client.request(method, path, headers=headers or house.auth, json=body or {})
    return answer.json() | {"_status": answer.status_code}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_key_is_made_shown_once_used_and_revoked(house: House) -> None:
    made = await call(house, "POST", "/api/keys", {"name": "backend", "permissions": ["tournaments.read"]})
    assert made["_status"] == 201 and made["key"].startswith(made["keyId"] + ":sk_live_")
    assert (made["role"], made["permissions"], made["mode"], made["status"]) == (
        "custom", ["tournaments.read"], "live", "active",
    )  # fmt: skip
    mine = bearer(made["key"])
    assert (await call(house, "GET", "/api/tournaments", headers=mine))["_status"] == 200
    assert (await call(house, "POST", "/api/keys", {"name": "x", "role": "read_only"}, mine))["_status"] == 403
    listed = await call(house, "GET", "/api/keys")
    row = next(key for key in listed["keys"] if key["keyId"] == made["keyId"])
    assert row["lastUsedAt"] == instant(house.clock.now_ms()) and "key" not in row
    assert "secret" not in str(listed).lower().replace("formersecretuntil", "")
    gone = await call(house, "DELETE", f"/api/keys/{made['keyId']}")
    assert gone["status"] == "revoked" and (await call(house, "DELETE", f"/api/keys/{made['keyId']}")) == gone
    assert (await call(house, "GET", "/api/tournaments", headers=mine))["error"] == "unauthorized"


async def test_a_repeated_create_makes_one_key_and_keeps_no_secret(house: House) -> None:
    headers = house.auth | {"Idempotency-Key": "key-1"}
    body = {"name": "once", "role": "read_only"}
    first = await call(house, "POST", "/api/keys", body, headers)
    again = await call(house, "POST", "/api/keys", body, headers)
    assert first["key"] is not None and again == first | {"key": None}
    assert sum(key["name"] == "once" for key in (await call(house, "GET", "/api/keys"))["keys"]) == 1


async def test_while_rotating_two_secrets_open_the_key(house: House) -> None:
    old = (await call(house, "POST", "/api/keys", {"name": "r", "role": "read_only"}))["key"]
    key_id = old.partition(":")[0]
    turned = await call(house, "POST", f"/api/keys/{key_id}/rotate", {"overlapSeconds": 3600})
    assert turned["formerSecretUntil"] == instant(house.clock.now_ms() + 3_600_000)
    new = turned["key"]
    assert new != old
    for secret, status in ((old, 200), (new, 200)):
        assert (await call(house, "GET", "/api/tournaments", headers=bearer(secret)))["_status"] == status
    house.clock.jump(3_600_000)
    for secret, status in ((old, 401), (new, 200)):
        assert (await call(house, "GET", "/api/tournaments", headers=bearer(secret)))["_status"] == status
    hard = await call(house, "POST", f"/api/keys/{key_id}/rotate", {"overlapSeconds": 0})
    assert (await call(house, "GET", "/api/tournaments", headers=bearer(new)))["_status"] == 401
    assert (await call(house, "GET", "/api/tournaments", headers=bearer(hard["key"])))["_status"] == 200


async def test_a_key_bound_to_addresses_is_refused_from_elsewhere(house: House) -> None:
    """The test client calls from 127.0.0.1."""
    for networks, status in ((["10.0.0.0/8"], 403), (["127.0.0.0/8", "10.0.0.1"], 200)):
        made = await call(
            house, "POST", "/api/keys", {"name": "n", "role": "read_only", "allowedIps": networks}
        )
        told = await call(house, "GET", "/api/tournaments", headers=bearer(made["key"]))
        assert told["_status"] == status, told
        assert status == 200 or told["error"] == "ip_not_allowed"


async def test_expired_keys_open_nothing(house: House) -> None:
    made = await call(
        house, "POST", "/api/keys", {"name": "e", "role": "read_only", "expiresAt": house.at(10)}
    )
    house.clock.jump(10 * 60_000)
    assert (await call(house, "GET", "/api/tournaments", headers=bearer(made["key"])))["_status"] == 401
    row = next(k for k in (await call(house, "GET", "/api/keys"))["keys"] if k["keyId"] == made["keyId"])
    assert row["status"] == "expired"


async def test_live_and_test_keys_and_other_tenants_never_meet(house: House) -> None:
    made = await call(house, "POST", "/api/keys", {"name": "mine", "role": "read_only"})
    sandbox = await house.key("full_access", live=False)
    for headers in (sandbox, house.other):
        assert made["keyId"] not in str(await call(house, "GET", "/api/keys", headers=headers))
        for method, path in (("DELETE", ""), ("POST", "/rotate")):
            told = await call(house, method, f"/api/keys/{made['keyId']}{path}", headers=headers)
            assert (told["_status"], told["error"]) == (404, "key_not_found")
    test_made = await call(house, "POST", "/api/keys", {"name": "t", "role": "read_only"}, sandbox)
    assert test_made["key"].startswith("pk_test_")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"role": "king"}, "role"),
        ({"role": None}, "role"),
        ({"permissions": ["keys.admin", "fly"]}, "permissions"),
        ({"permissions": ["keys.admin"]}, "permissions"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"allowedIps": ["home"]}, "allowedIps"),
    ],
)
async def test_a_wrong_key_is_refused(house: House, change: Any, field: str) -> None:
    body = {"name": "k", "role": "read_only"} | change
    told = await call(house, "POST", "/api/keys", {k: v for k, v in body.items() if v is not None})
    assert told["_status"] == 400 and field in told["details"], told
