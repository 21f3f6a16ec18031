"""An operator's own keys: live keys see and make live keys, test keys test keys."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, Request
from msgspec import UNSET, UnsetType, structs

from api.access.audit import write_audit_entry
from api.access.dependencies import Ctx, KeysAdmin
from api.access.idempotency import OnceRoute
from api.context.context import Context
from api.context.key_cache import Caller
from api.http.body import Parsed, parse, read_json
from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from api.http.json_response import Json
from api.http.openapi import body_of
from api.http.query import NoParams
from api.rest.keys.requests import KeyBody, RotateBody
from api.rest.keys.responses import Key, KeyList
from api.tournaments.owner_client import command_id
from config.limits import ANSWERS_KEPT_MS, KEYS_MAX
from server.access import keys
from server.access.permissions import CUSTOM, ROLES, grantable
from server.domain.refusal import Code
from server.encoding.wire import dump, instant, instant_or_none
from server.ports import ApiKey
from server.reports.alerts import alert
from server.runtime.randomness import derived_id

router = APIRouter(route_class=OnceRoute, prefix="/api/keys", tags=["Keys"])


@router.get("")
async def list_keys(ctx: Ctx, caller: KeysAdmin, _: NoParams) -> Json[KeyList]:
    """All keys of this operator in this mode, oldest first, without their secrets."""
    found = await ctx.operators.keys(caller.tenant)
    now_ms = ctx.clock.now_ms()
    return Json(KeyList(keys=[_view(key, now_ms, used_ms) for key, used_ms in found]))


@router.post("", status_code=201, openapi_extra=body_of(KeyBody))
async def create_key(request: Request, ctx: Ctx, caller: KeysAdmin) -> Json[Key]:
    """Make a key. `key` is shown once: a repetition under the same `Idempotency-Key` answers it as null."""
    parsed = parse(await read_json(request), KeyBody)
    role, permissions = _granted(parsed)
    now_ms = ctx.clock.now_ms()
    _check_lineage(parsed, caller.key, permissions, now_ms)
    parsed.raise_faults()
    once = request.headers.get("idempotency-key")
    # A repetition after a crash replaces the key that no caller has seen, instead of leaving it open.
    name = None if once is None else derived_id("key", command_id(caller, once))[:16]
    expires_ms, allowed_ips = _end_and_addresses(parsed, caller.key)
    issued = keys.issue(ctx.ids, caller.tenant, parsed.values["name"], "read_only", key_name=name)
    await _check_room(ctx, caller, issued.stored.key_id)
    stored = replace(
        issued.stored,
        role=role,
        permissions=permissions,
        expires_at_ms=expires_ms,
        allowed_ips=allowed_ips,
        created_at_ms=now_ms,
        maker=caller.key.maker or caller.key.key_id,
    )
    await write_audit_entry(ctx, caller, "key.created", stored.key_id, after=_view(stored, now_ms))
    await ctx.operators.add_key(stored)
    await _tell(ctx, caller, "key_created", stored)
    return _shown_once(request, _view(stored, now_ms), issued.text, 201)


def _refuse_a_greater(own: ApiKey, key: ApiKey) -> None:
    """A secret is as good as the key: no key renews one that has more rights than itself."""
    beyond = _beyond(own, key.permissions, key.expires_at_ms, key.allowed_ips)
    if key.key_id != own.key_id and beyond:
        message = "Your key may not renew a key that has more rights than your key"
        required = sorted(set(key.permissions) - grantable(own.permissions))
        fields = Error(required=required, provided=list(own.permissions))
        raise ApiError(DoorCode.INSUFFICIENT_PERMISSIONS, message, fields)


def _check_lineage(parsed: Parsed, own: ApiKey, permissions: tuple[str, ...], now_ms: int) -> None:
    """A key gives no more than it has."""
    expires_ms, allowed_ips = _end_and_addresses(parsed, own)
    for field, why in _beyond(own, permissions, expires_ms, allowed_ips).items():
        by_role = field == "permissions" and parsed.values.get("permissions") is None
        parsed.faults[parsed.path("role" if by_role else field)] = why
    if expires_ms is not None and expires_ms <= now_ms:
        parsed.faults[parsed.path("expires_at")] = "Must be in the future"


def _end_and_addresses(parsed: Parsed, own: ApiKey) -> tuple[int | None, tuple[str, ...]]:
    """When the new key ends and where it works: as its maker's where the request is silent."""
    allowed_ips = tuple(parsed.values.get("allowed_ips") or own.allowed_ips)
    return parsed.values.get("expires_at", own.expires_at_ms), allowed_ips


def _beyond(
    own: ApiKey, permissions: Collection[str], expires_ms: int | None, allowed_ips: Collection[str]
) -> dict[str, str]:
    """Where another key would have more rights than the own one: field to reason."""
    faults = {}
    if beyond := sorted(set(permissions) - grantable(own.permissions)):
        faults["permissions"] = f"Your key may not give: {', '.join(beyond)}"
    if own.expires_at_ms is not None and (expires_ms is None or expires_ms > own.expires_at_ms):
        faults["expires_at"] = "Must not be later than your key's own end"
    inside = bool(allowed_ips) and all(keys.within(one, own.allowed_ips) for one in allowed_ips)
    if own.allowed_ips and not inside:
        faults["allowed_ips"] = "Must be within the addresses of your own key"
    return faults


async def _check_room(ctx: Context, caller: Caller, key_id: str) -> None:
    """There are not too many, and the new one takes no other's place: one that was made long ago under the
    same `Idempotency-Key`, was used, or was revoked, belongs to a caller."""
    found = await ctx.operators.keys(caller.tenant)
    begun_ms = ctx.clock.now_ms() - ANSWERS_KEPT_MS
    for key, used_ms in found:
        is_old = key.created_at_ms < begun_ms or used_ms is not None or key.revoked_at_ms is not None
        if key.key_id == key_id and is_old:
            raise ApiError(Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key has made another key")
    if sum(key.revoked_at_ms is None for key, _ in found) >= KEYS_MAX:
        message = f"There are {KEYS_MAX} keys already: revoke one first"
        raise ApiError(DoorCode.CONFLICT, message, Error(keys=KEYS_MAX))


async def _tell(ctx: Context, caller: Caller, kind: str, key: ApiKey) -> None:
    """Who watches the events of an operator learns at once that a key was made."""
    what = "" if kind == "key_created" else "a new secret of "
    text = f"{caller.name} made {what}{key.key_id} ({key.name})"
    await alert(ctx.feed, caller.tenant, kind, text, ctx.clock.now_ms())


def _granted(parsed: Parsed) -> tuple[str, tuple[str, ...]]:
    role, permissions = parsed.values.get("role"), parsed.values.get("permissions")
    if role is not None and permissions is not None:
        parsed.faults[parsed.path("permissions")] = "Give a role or permissions, not both"
    if permissions is not None:
        return CUSTOM, tuple(sorted(set(permissions)))
    if parsed.lacks("role") and parsed.path("permissions") not in parsed.faults:
        parsed.faults[parsed.path("role")] = "Is required, or permissions"
    return role or CUSTOM, tuple(sorted(ROLES.get(role or "", ())))


def _shown_once(request: Request, view: Key, text: str, status: int) -> Json[Key]:
    """The secret goes out and is nowhere kept, not in the stored answer either."""
    request.state.kept_body = dump(structs.replace(view, key=None))
    return Json(structs.replace(view, key=text), status_code=status)


@router.post("/{key_id}/rotate", openapi_extra=body_of(RotateBody))
async def rotate_key(key_id: str, request: Request, ctx: Ctx, caller: KeysAdmin) -> Json[Key]:
    """A fresh secret for a key; the present one goes on for `overlapSeconds`."""
    parsed = parse(await read_json(request), RotateBody)
    parsed.raise_faults()
    key = await _mine(ctx, caller, key_id)
    _refuse_a_greater(caller.key, key)
    now_ms = ctx.clock.now_ms()
    overlap_ms = RotateBody(**parsed.values).overlap_seconds * 1_000
    issued = keys.rotated(ctx.ids, key, now_ms, overlap_ms, caller.key)
    await write_audit_entry(
        ctx, caller, "key.rotated", key_id, _view(key, now_ms), _view(issued.stored, now_ms)
    )
    await _keep(ctx, issued.stored)
    await _tell(ctx, caller, "key_rotated", issued.stored)
    return _shown_once(request, _view(issued.stored, now_ms), issued.text, 200)


@router.delete("/{key_id}")
async def revoke_key(key_id: str, ctx: Ctx, caller: KeysAdmin) -> Json[Key]:
    """Revoke a key: here at once, elsewhere within seconds. Twice changes nothing."""
    key = await _mine(ctx, caller, key_id)
    if key.revoked_at_ms is None:
        now_ms = ctx.clock.now_ms()
        before, key = key, replace(key, revoked_at_ms=now_ms)
        await write_audit_entry(ctx, caller, "key.revoked", key_id, _view(before, now_ms), _view(key, now_ms))
        await _keep(ctx, key)
    return Json(_view(key, ctx.clock.now_ms()))


async def _mine(ctx: Context, caller: Caller, key_id: str) -> ApiKey:
    key = await ctx.operators.key(key_id)
    if key is None or key.tenant != caller.tenant:
        raise ApiError(DoorCode.KEY_NOT_FOUND, f"Key {key_id} not found", Error(key_id=key_id))
    return key


async def _keep(ctx: Context, key: ApiKey) -> None:
    await ctx.operators.add_key(key)
    ctx.key_cache.forget(key.key_id)


def _view(key: ApiKey, now_ms: int, used_ms: int | UnsetType | None = UNSET) -> Key:
    rotating = key.former_sha256 is not None and now_ms < key.former_until_ms
    return Key(
        key_id=key.key_id,
        name=key.name,
        made_by=key.maker or None,
        role=key.role,
        permissions=list(key.permissions),
        mode="live" if key.tenant.live else "test",
        status=_status(key, now_ms),
        allowed_ips=list(key.allowed_ips),
        rate_factor=key.rate_factor,
        created_at=instant(key.created_at_ms),
        expires_at=instant_or_none(key.expires_at_ms),
        former_secret_until=instant(key.former_until_ms) if rotating else None,
        last_used_at=UNSET if used_ms is UNSET else instant_or_none(used_ms),
    )


def _status(key: ApiKey, now_ms: int) -> Literal["active", "expired", "revoked"]:
    if key.revoked_at_ms is not None:
        return "revoked"
    return "active" if keys.is_live(key, now_ms) else "expired"
