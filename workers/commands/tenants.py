"""`pitboss operators` and `pitboss keys`: who may use the house, and with what."""

import json
from dataclasses import replace
from typing import Annotated, Any

import typer

from config.limits import KEY_OVERLAP_DEFAULT_S
from server.access.keys import is_live
from server.access.permissions import ROLES
from server.domain.ids import OperatorId
from server.encoding.wire import instant, instant_or_none
from server.ports import ApiKey, Operator
from server.runtime.clock import SystemClock
from workers.commands import masterdata
from workers.commands.running import console, database_url, finished

operators = typer.Typer(no_args_is_help=True, help="Operators: the casinos that use this house.")
keys = typer.Typer(no_args_is_help=True, help="API keys of operators.")

Games = Annotated[list[str] | None, typer.Option("--game", help="slug=url; {jwt} becomes the token.")]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="Origin that browser sockets may have.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_CURRENCY = typer.Option(help="Currency of tournaments that name none.")
_ZONE = typer.Option(help="IANA time zone in which players read times.")


def _say(text: str, as_json: bool, **facts: str) -> None:
    print(json.dumps(facts) if as_json else text)


def _pairs(games: list[str] | None) -> dict[str, str]:
    for pair in games or []:
        if "=" not in pair:
            console.print(f"--game is slug=url, such as dice=https://games.example/dice#{{jwt}}: {pair!r}")
            raise typer.Exit(2)
    return dict(pair.split("=", 1) for pair in games or [])


@operators.command("add")
def add_operator(
    operator_id: str,
    name: str,
    currency: Annotated[str, _CURRENCY] = "USD",
    timezone: Annotated[str, _ZONE] = "UTC",
    game: Games = None,
    origin: Origins = None,
    as_json: Json = False,
) -> None:
    """Create an operator. An operator that exists is refused: change it with `operators set`."""
    made = Operator(OperatorId(operator_id), name, _pairs(game), tuple(origin or ()), currency, timezone)
    finished(masterdata.add_operator(database_url(), made))
    _say(f"operator {operator_id} added", as_json, id=operator_id, result="added")
    if not made.games:
        console.print(f"It has no games yet: pitboss operators set {operator_id} --game slug=url")


@operators.command("set")
def set_operator(
    operator_id: str,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    currency: Annotated[str | None, _CURRENCY] = None,
    timezone: Annotated[str | None, _ZONE] = None,
    game: Games = None,
    remove_game: Annotated[list[str] | None, typer.Option(help="Slug of a game to take away.")] = None,
    origin: Origins = None,
    any_origin: Annotated[bool, typer.Option("--any-origin", help="Allow every origin.")] = False,
    external_id_twins: Annotated[
        str | None, typer.Option(help="yes or no: whether tournaments may share an external id.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change the given settings of an operator; everything else stays. `--origin` replaces the whole list."""
    if external_id_twins not in (None, "yes", "no"):
        console.print("--external-id-twins is yes or no")
        raise typer.Exit(2)
    given: dict[str, Any] = {"name": name, "currency": currency, "timezone": timezone}
    given["origins"] = () if any_origin else None if origin is None else tuple(origin)
    given["external_id_twins"] = None if external_id_twins is None else external_id_twins == "yes"
    changes = {field: value for field, value in given.items() if value is not None}
    added, gone = _pairs(game), set(remove_game or ())

    def change(before: Operator) -> Operator:
        games = {slug: url for slug, url in before.games.items() if slug not in gone}
        return replace(before, games=games | added, **changes)

    finished(masterdata.change_operator(database_url(), operator_id, change))
    _say(f"operator {operator_id} changed", as_json, id=operator_id, result="changed")


@operators.command("show")
def show_operator(operator_id: str) -> None:
    """Print one operator as JSON."""
    found = finished(masterdata.operator(database_url(), operator_id))
    print(json.dumps(_view(found), indent=2))


@operators.command("list")
def list_operators(as_json: Json = False) -> None:
    """List all operators."""
    found = finished(masterdata.operators(database_url()))
    if as_json:
        print(json.dumps([_view(one) for one in found]))
        return
    for one in found:
        print(f"{one.id}  {one.currency}  {one.timezone}  {len(one.games)} games  {one.name}")


def _view(operator: Operator) -> dict[str, Any]:
    return masterdata.view_of(operator) | {"id": operator.id}


@keys.command("issue")
def issue_key(
    operator_id: str,
    role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "full_access",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    live: Annotated[bool, typer.Option("--live", help="For live data; without it for test data.")] = False,
    rate_factor: Annotated[int, typer.Option(min=1, max=10_000, help="Times the standard rate limits.")] = 1,
    as_json: Json = False,
) -> None:
    """Issue an API key and print it: it is shown once."""
    if role not in ROLES:
        console.print(f"unknown role; known: {', '.join(ROLES)}")
        raise typer.Exit(2)
    issued = masterdata.issue_key(database_url(), operator_id, role, name, live=live, rate_factor=rate_factor)
    key = finished(issued)
    _say(key, as_json, key=key)


@keys.command("list")
def list_keys(operator_id: str, as_json: Json = False) -> None:
    """List an operator's keys, without their secrets."""
    now_ms = SystemClock().now_ms()
    found = finished(masterdata.list_keys(database_url(), operator_id))
    rows = [_key_view(key, used_ms, now_ms) for key, used_ms in found]
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        used = f"last used {row['lastUsedAt']}" if row["lastUsedAt"] else "never used"
        print(f"{row['keyId']}  {row['role']}  {row['status']}  {used}  {row['name']}")


def _key_view(key: ApiKey, used_ms: int | None, now_ms: int) -> dict[str, Any]:
    state = "active" if is_live(key, now_ms) else "revoked" if key.revoked_at_ms else "expired"
    return {
        "keyId": key.key_id,
        "name": key.name,
        "role": key.role,
        "mode": "live" if key.tenant.live else "test",
        "status": state,
        "createdAt": instant(key.created_at_ms),
        "lastUsedAt": instant_or_none(used_ms),
    }


@keys.command("rotate")
def rotate_key(
    key_id: str,
    overlap_s: Annotated[int, typer.Option(min=0, help="Seconds that the present secret still works.")] = (
        KEY_OVERLAP_DEFAULT_S
    ),
    as_json: Json = False,
) -> None:
    """Give a key a fresh secret and print the key: it is shown once."""
    key = finished(masterdata.rotate_key(database_url(), key_id, overlap_s))
    _say(key, as_json, key=key)


@keys.command("revoke")
def revoke_key(key_id: str, as_json: Json = False) -> None:
    """Revoke a key. It stops working everywhere within seconds."""
    finished(masterdata.revoke_key(database_url(), key_id))
    _say(f"key {key_id} revoked", as_json, keyId=key_id, result="revoked")
