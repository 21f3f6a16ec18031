"""One evening at the API, told request by request: the examples of the OpenAPI file are recorded from it.

Ids, time and keys are fixed, so the recording is the same every time, byte for byte.
"""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.ports import Attempt, DeliveryOutcome, DeliveryProgress
from tests.support.app import House, a_house

EXAMPLES = Path(__file__).parents[2] / "api" / "spec" / "examples.json"


class CountingIds:
    """Ids one after the other."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def _id(self) -> str:
        return f"{next(self._next):032x}"

    def tournament_id(self) -> str:
        return f"01a1fce9{self._id()[8:]}"

    def player_id(self) -> str:
        return f"plr_{self._id()}"

    def command_id(self) -> str:
        return self._id()

    def short_id(self, length: int = 12) -> str:
        return self._id()[-length:]

    def secret(self) -> str:
        return f"example-secret-{self._id()[-8:]}"


class Recorder:
    """Calls the API and keeps what was asked and answered, by operation."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.examples: dict[str, list[dict[str, Any]]] = {}
        self._serial = itertools.count(1)

    async def call(
        self, method: str, path: str, body: Any = None, *, auth: Any = None, name: str = "", **places: str
    ) -> Any:
        """One request; `path` is the route with its parameters in braces."""
        headers = (self.house.auth if auth is None else auth) | {"X-Request-Id": f"req-{next(self._serial)}"}
        url = path.format(**places)
        content = None if body is None else json.dumps(body)
        answer = await self.house.client.request(method, url, headers=headers, content=content)
        told = answer.json()
        route = path.partition("?")[0]
        self.examples.setdefault(f"{method} {route}", []).append(
            {
                "name": name or ("ok" if answer.status_code < 300 else told["error"]),
                "path": url,
                "body": body,
                "status": answer.status_code,
                "response": told,
            }
        )
        return told


def fixed() -> dict[str, Any]:
    """What makes a house the same every time, on manual time."""
    return {
        "ids": CountingIds(),
        "signing_key": Ed25519PrivateKey.from_private_bytes(bytes(32)),
        "draw": lambda: bytes(range(32)),
    }


async def record() -> dict[str, list[dict[str, Any]]]:
    """The whole evening."""
    async with a_house(**fixed()) as house:
        recorder = Recorder(house)
        await play(recorder)
        return recorder.examples


async def play(recorder: Recorder) -> None:
    """All requests of the evening."""
    await _casino(recorder)
    await _platform(recorder)
    await _refusals(recorder)


_T = "/api/tournaments/{tournament_id}"
_I = "/api/internal/tournaments/{tournament_id}"
_PLAYER = _T + "/players/{player}"


async def _casino(r: Recorder) -> None:
    house = r.house
    body = {
        "name": "Friday Cup",
        "gameSlug": "crash-classic",
        "scheduledStart": house.at(60),
        "entryFee": 10.50,
        "fee": 0.5,
        "maxPlayers": 50,
        "minPlayers": 2,
        "rebuyEnabled": True,
        "addOn": {"price": 5, "points": 2.5},
        "prizePool": {
            "total": 500,
            "distribution": {"1": 50, "2": 30, "3": 20},
            "items": [{"place": "1-2", "kind": "spins", "code": "FREE", "quantity": 50}],
        },
        "config": {"tournamentType": "points_based", "payoutApproval": "manual"},
    }
    made = await r.call("POST", "/api/tournaments", body)
    here = {"tournament_id": made["tournamentId"]}
    await r.call("PUT", _T, {"name": "Friday Night Cup", "maxPlayers": 80}, **here)
    for user in ("ann", "ben", "cid"):
        entry = {"userId": user, "displayName": user.title(), "buyInAmount": 11}
        await r.call("POST", _T + "/players", entry, **here)
    token = (await r.call("POST", _PLAYER + "/token", {"revokeOthers": True}, **here, player="ann"))[
        "crash-classic"
    ]["jwt"]
    ann = {"Authorization": f"Bearer {token}"}
    await r.call("GET", _T + "/players/me", auth=ann, **here)
    await r.call("GET", _T + "/players/me", auth={"Authorization": "Bearer none"}, **here)
    await r.call("DELETE", _PLAYER, {"reason": "Changed their mind"}, **here, player="cid")
    await r.call("POST", _T + "/cancel/preview", **here)
    await r.call("GET", _T + "/prize-pool", **here)
    await r.call("POST", _T + "/start", **here)
    events = [
        {"eventId": f"round-{n}:{user}", "player": user, "points": points, "bet": 5, "win": points,
         "roundId": f"round-{n}", "openedAt": house.at(0), "occurredAt": house.at(0.05)}
        for n, (user, points) in enumerate([("ann", 12.5), ("ben", 7), ("ann", 3)])
    ]  # fmt: skip
    await r.call("POST", _I + "/events", {"events": [*events, events[0]]}, auth=house.platform, **here)
    await r.call(
        "POST", _PLAYER + "/rebuy", {"additionalEntries": 1, "buyInAmount": 10.5}, **here, player="ben"
    )
    await r.call("POST", _PLAYER + "/add-on", {"buyInAmount": 5}, **here, player="ben")
    adjust = {"action": "adjust", "player": "ben", "points": 1.5, "reason": "Lost a round to our outage"}
    await r.call("POST", _T + "/corrections", adjust, **here)
    void = {"action": "void", "eventId": "round-2:ann", "reason": "Rolled back by the game"}
    await r.call("POST", _T + "/corrections", void, name="void", **here)
    for path in ("", "/status", "/players", "/leaderboard", "/prize-pool", "/events", "/rules", "/payouts"):
        await r.call("GET", _T + path, **here)
    for path in ("", "/trace"):
        await r.call("GET", _PLAYER + path, **here, player="ann")
    await r.call("POST", _T + "/finish", **here)
    house.clock.jump(6_000)
    await r.call("GET", _T + "/results", name="provisional", **here)
    await r.call("GET", _T + "/payouts", name="waiting", **here)
    await r.call("POST", _PLAYER + "/disqualify", {"reason": "Two accounts"}, **here, player="ben")
    await r.call("POST", _T + "/payouts/approve", **here)
    for path in ("/results", "/payouts", "/leaderboard", "/status", "/prize-pool", ""):
        await r.call("GET", _T + path, name="final", **here)
    await _review(r, here)
    await _settlement(r, here["tournament_id"])
    await r.call("GET", "/api/players/{user_id}/tournaments", user_id="ann")
    await _templates(r)
    await _keys(r)
    simulate = {
        "config": {"tournamentType": "best_n", "scoring": {"n": 2, "metric": "win"}},
        "events": [{"eventId": str(n), "player": "ann" if n % 2 else "ben", "win": n} for n in range(5)],
    }
    await r.call("POST", "/api/scoring/simulate", simulate)
    await r.call("GET", "/api/tournaments?limit=2")


async def _templates(r: Recorder) -> None:
    body = {
        "name": "Daily Championship", "gameSlug": "crash-classic", "maxPlayers": 100, "entryFee": 10,
        "prizePool": {"type": "percentage", "distribution": [50, 30, 20]},
        "recurrence": {"cron": "0 20 * * *", "timezone": "Europe/London", "leadMinutes": 120},
    }  # fmt: skip
    path = "/api/tournament-templates"
    made = await r.call("POST", path, body)
    here = {"template_id": made["templateId"]}
    await r.call("GET", path)
    await r.call("GET", path + "/{template_id}", **here)
    await r.call("PUT", path + "/{template_id}", {"maxPlayers": 200, "recurrence": None}, **here)
    lines = [{"scheduledStart": r.house.at(600), "name": "Monday"}, {"scheduledStart": r.house.at(-5)}]
    bulk = {"templateId": made["templateId"], "schedule": lines[:1]}
    await r.call("POST", "/api/tournaments/bulk", bulk)
    await r.call("POST", "/api/tournaments/bulk", bulk | {"schedule": lines}, name="some_failed")
    await r.call("DELETE", path + "/{template_id}", **here)


async def _review(r: Recorder, here: dict[str, str]) -> None:
    """Results are final: what comes now waits for a person."""
    adjust = {"action": "adjust", "player": "ann", "points": -1, "reason": "Counted twice"}
    asked = await r.call("POST", _T + "/corrections", adjust, name="review", **here)
    await r.call("GET", _T + "/reviews", **here)
    decided = {"decision": "uphold", "reason": "The log shows it"}
    number = str(asked["review"])
    await r.call("POST", _T + "/reviews/{number}/decide", decided, **here, number=number)


async def _settlement(r: Recorder, tournament_id: str) -> None:
    """Lines are acknowledged; one goes to a person."""
    here = {"tournament_id": tournament_id}
    lines = (await r.call("GET", _T + "/payouts", name="to_be_paid", **here))["payouts"]
    path = _T + "/payouts/{payout_id}/ack"
    paid = {"status": "paid", "reference": "wallet-4711"}
    await r.call("POST", path, paid, name="paid", **here, payout_id=lines[0]["payoutId"])
    await r.call(
        "POST", path, {"status": "void"}, name="paid_stays_paid", **here, payout_id=lines[0]["payoutId"]
    )
    await r.call("GET", "/api/payouts?state=paid")
    await r.call("PUT", "/api/wallet", {"url": "https://wallet.example/credit"})
    await r.call("GET", "/api/wallet")
    await r.call("GET", "/api/games")
    await r.call("GET", _T + "/record", **here)
    await r.call("DELETE", "/api/wallet")
    await _room(r)
    await _events(r, tournament_id)


async def _room(r: Recorder) -> None:
    """A tournament that is played here."""
    body = {
        "name": "Crash Cup",
        "gameSlug": "crash-classic",
        "scheduledStart": r.house.at(60),
        "config": {"startingCredits": 1_000, "minBet": 10, "flights": 20},
    }
    made = await r.call("POST", "/api/tournaments", body, name="with_a_room")
    await r.call("GET", _T + "/fairness", tournament_id=made["tournamentId"])


async def _events(r: Recorder, tournament_id: str) -> None:
    """An endpoint, a test that was answered, the log, and sending again."""
    store, now_ms = r.house.store, r.house.clock.now_ms()
    await r.call("PUT", "/api/webhooks", {"url": "https://casino.example/events", "eventTypes": ["payout.*"]})
    asking = asyncio.create_task(r.call("POST", "/api/webhooks/test", {}))
    while not (cursors := await store.claim_cursors("w", now_ms, now_ms + 1, 1, 1, ())):
        await asyncio.sleep(0.01)
    cursor, event = cursors[0], cursors[0].events[0]
    whose = (cursor.endpoint.id, cursor.tenant, cursor.stream, event.seq, event.event_id, event.event_type)
    answered = Attempt(*whose, 1, now_ms, 42, DeliveryOutcome.DELIVERED, 200, "ok")
    await store.mark([DeliveryProgress(cursor.id, cursor.claim, 1, 0, now_ms)], [answered], now_ms)
    await asking
    await store.route(now_ms, 1_000)
    await r.call("GET", "/api/events?limit=100")
    await r.call("GET", "/api/webhooks")
    await r.call("GET", "/api/webhooks/deliveries")
    again = {"tournamentId": tournament_id, "fromSequence": 1, "toSequence": 5}
    await r.call("POST", "/api/webhooks/deliveries/redeliver", again)
    await r.call("POST", "/api/webhooks/{webhook}/rotate", {"overlapSeconds": 3600}, webhook="main")
    await r.call("DELETE", "/api/webhooks/{webhook}", webhook="main")


async def _keys(r: Recorder) -> None:
    body = {"name": "backend", "role": "tournament_manager", "allowedIps": ["127.0.0.0/8"]}
    made = await r.call("POST", "/api/keys", body)
    here = {"key_id": made["keyId"]}
    await r.call("GET", "/api/keys")
    await r.call("POST", "/api/keys/{key_id}/rotate", {"overlapSeconds": 3600}, **here)
    await r.call("DELETE", "/api/keys/{key_id}", **here)
    await r.call("GET", "/api/audit?limit=3")


async def _platform(r: Recorder) -> None:
    house = r.house
    body = {
        "name": "Quick Five", "gameSlug": "crash-classic", "startCondition": "min_players_reached",
        "minPlayers": 2, "rounds": {"count": 2, "durationSeconds": 300, "eliminate": 1},
    }  # fmt: skip
    made = await r.call("POST", "/api/internal/tournaments", body, auth=house.platform)
    here = {"tournament_id": made["tournamentId"]}
    joined = await r.call("POST", _T + "/players", {"userId": "dan"}, name="lobby", **here)
    for path in ("/config", "/status", "/players"):
        await r.call("GET", _I + path, auth=house.platform, **here)
    token = {"token": joined["crash-classic"]["jwt"]}
    await r.call("POST", "/api/internal/auth/validate-token", token, auth=house.platform)
    wrong = {"token": "rubbish"}
    await r.call("POST", "/api/internal/auth/validate-token", wrong, auth=house.platform, name="not_valid")
    await r.call("DELETE", _I + "/players/{player}", auth=house.platform, **here, player="dan")
    for path in ("", "/status"):
        await r.call("GET", _T + path, name="lobby", **here)
    await r.call("DELETE", _T, {"reason": "Maintenance"}, **here)
    await _rounds(r)
    await r.call("GET", "/api/public/tournaments", auth={})
    await r.call("GET", "/api/public/{operator_id}/tournaments", auth={}, operator_id="op_123")
    await r.call("GET", "/healthz", auth={})
    await r.call("GET", "/readyz", auth={})
    await r.call("GET", "/.well-known/jwks.json", auth={})


async def _rounds(r: Recorder) -> None:
    """Rounds that the game ends and starts, and a player whom it puts out."""
    house = r.house
    of = {"count": 2, "durationSeconds": 600, "pacedBy": "game", "eliminatedBy": "game"}
    tournament_id = await house.tournament("ann", "ben", "cid", started=True, rounds=of)
    here = {"tournament_id": tournament_id}
    out = {"events": [{"eventId": "out-cid", "player": "cid", "kind": "elimination"}]}
    await r.call("POST", _I + "/events", out, auth=house.platform, name="elimination", **here)
    for action, number in (("end", 1), ("start", 2)):
        body = {"action": action, "round": number}
        await r.call("POST", _I + "/rounds", body, auth=house.platform, name=action, **here)
        house.clock.jump(5_000)


async def _refusals(r: Recorder) -> None:
    """One of each common error, where a caller meets it first."""
    here = {"tournament_id": "12345"}
    bad = {"name": "Cup", "gameSlug": "crash-classic", "startTime": "2024-01-15T20:00:00Z", "entryFee": -1}
    await r.call("POST", "/api/tournaments", bad)
    await r.call("GET", _T, **here)
    await r.call("GET", "/api/tournaments", auth={"X-API-Key": "nobody"})
    poor = await r.house.key("read_only")
    await r.call("POST", "/api/tournaments", bad, auth=poor)


def as_text(examples: dict[str, list[dict[str, Any]]]) -> str:
    """As it is kept: one example a line."""
    lines = [
        f"{json.dumps(operation)}: [\n" + ",\n".join(json.dumps(one) for one in found) + "\n]"
        for operation, found in sorted(examples.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    import asyncio

    EXAMPLES.write_text(as_text(asyncio.run(record())))
