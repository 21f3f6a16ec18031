"""Operators and keys, for the command line and the demo."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from server.access import keys
from server.access.operator_checks import faults_of
from server.domain.ids import OperatorId, Tenant
from server.encoding.wire import dump
from server.ports import ApiKey, AuditEntry, Operator
from server.runtime.clock import SystemClock
from server.runtime.randomness import SystemIds
from server.storage.postgres.audit import PostgresAudit
from server.storage.postgres.engine import open_engine
from server.storage.postgres.feed import PostgresFeed
from server.storage.postgres.operators import PostgresOperators

GAMES = {"crash-classic": "https://games.example.com/crash-classic#token={jwt}"}
# Bots, scripts and benchmarks ask more often than a casino's backend.
_DEMO_RATE_FACTOR = 1_000
DEMO_OPERATORS = (("op_demo", "Demo Casino"), ("op_other", "Another Casino"))


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """What scripts need of a demo operator. The keys are test keys: they see test data only."""

    id: str
    api_key: str
    game_platform_key: str


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def add_operator(database_url: str, operator: Operator) -> None:
    """Create an operator. Raises ValueError when it is faulty or exists."""
    _refuse_faults(faults_of(operator, is_new=True))
    async with _database(database_url) as engine:
        if not await PostgresOperators(engine).create(operator):
            raise ValueError(f"Operator {operator.id} exists already; use `pitboss operators set`")
        await _note_operator(engine, operator, "operator.created", None)


async def change_operator(
    database_url: str, operator_id: str, change: Callable[[Operator], Operator]
) -> Operator:
    """Replace an operator by what `change` makes of it. Raises LookupError, or ValueError when faulty."""
    async with _database(database_url) as engine:
        before = await _known_operator(PostgresOperators(engine), operator_id)
        after = change(before)
        _refuse_faults(faults_of(after))
        await _note_operator(engine, after, "operator.changed", before)
        await PostgresOperators(engine).add(after)
        return after


def _refuse_faults(faults: dict[str, str]) -> None:
    if faults:
        raise ValueError("\n".join(faults.values()))


async def operator(database_url: str, operator_id: str) -> Operator:
    """One operator. Raises LookupError."""
    async with _database(database_url) as engine:
        return await _known_operator(PostgresOperators(engine), operator_id)


async def operators(database_url: str) -> list[Operator]:
    """All operators, by id."""
    async with _database(database_url) as engine:
        return await PostgresOperators(engine).operators()


def view_of(of: Operator) -> dict[str, Any]:
    """An operator's settings as people and the audit trail read them."""
    return {
        "name": of.name,
        "currency": of.currency,
        "timezone": of.timezone,
        "games": of.games,
        "origins": list(of.origins),
        "externalIdTwins": of.external_id_twins,
    }


async def _note_operator(engine: AsyncEngine, of: Operator, action: str, before: Operator | None) -> None:
    """Both tenants of an operator, live and test, see who changed its settings."""
    former = None if before is None else view_of(before)
    for live in (True, False):
        entry = AuditEntry(SystemClock().now_ms(), "cli", action, of.id, former, view_of(of))
        await PostgresAudit(engine).append(Tenant(of.id, live), entry)


async def _known_operator(stored: PostgresOperators, operator_id: str) -> Operator:
    found = await stored.operator(operator_id)
    if found is None:
        raise LookupError(f"there is no operator {operator_id}")
    return found


async def issue_key(
    database_url: str, operator_id: str, role: str, name: str, *, live: bool, rate_factor: int = 1
) -> str:
    """Issue a key of a role; the returned text is shown once. Raises LookupError."""
    tenant = Tenant(OperatorId(operator_id), live)
    async with _database(database_url) as engine:
        stored = PostgresOperators(engine)
        await _known_operator(stored, operator_id)
        issued = keys.issue(SystemIds(), tenant, name, role, rate_factor, SystemClock().now_ms())
        await _note(engine, tenant, "key.created", issued.stored.key_id, after=role)
        await stored.add_key(issued.stored)
        return issued.text


async def rotate_key(database_url: str, key_id: str, overlap_s: int) -> str:
    """A fresh secret; the returned text is shown once. Raises LookupError."""
    async with _database(database_url) as engine:
        stored = PostgresOperators(engine)
        key = await _known(stored, key_id)
        issued = keys.rotated(SystemIds(), key, SystemClock().now_ms(), overlap_s * 1_000)
        await _note(engine, key.tenant, "key.rotated", key_id)
        await stored.add_key(issued.stored)
        return issued.text


async def revoke_key(database_url: str, key_id: str) -> None:
    """Revoke a key: it opens nothing within seconds. Raises LookupError."""
    async with _database(database_url) as engine:
        stored = PostgresOperators(engine)
        key = await _known(stored, key_id)
        await _note(engine, key.tenant, "key.revoked", key_id)
        await stored.add_key(replace(key, revoked_at_ms=SystemClock().now_ms()))


async def list_keys(database_url: str, operator_id: str) -> list[tuple[ApiKey, int | None]]:
    """All keys of an operator, each with when it was last used. Raises LookupError."""
    async with _database(database_url) as engine:
        stored = PostgresOperators(engine)
        await _known_operator(stored, operator_id)
        modes = (Tenant(OperatorId(operator_id), live) for live in (True, False))
        return [row for tenant in modes for row in await stored.keys(tenant)]


async def announce(database_url: str, status: str, message: str) -> int:
    """Tell every tenant how the house is, as an event on all its outlets; how many were told."""
    async with _database(database_url) as engine:
        feed, data = PostgresFeed(engine), dump({"status": status, "message": message})
        tenants = await feed.audience()
        for tenant in tenants:
            await feed.say(tenant, "system.status_changed", data, SystemClock().now_ms())
        return len(tenants)


async def _note(engine: AsyncEngine, tenant: Tenant, action: str, key_id: str, after: Any = None) -> None:
    """A entry of the command line."""
    entry = AuditEntry(SystemClock().now_ms(), "cli", action, key_id, None, after)
    await PostgresAudit(engine).append(tenant, entry)


async def _known(stored: PostgresOperators, key_id: str) -> ApiKey:
    key = await stored.key(key_id)
    if key is None:
        raise LookupError(f"there is no key {key_id}")
    return key


async def ensure_demo(database_url: str, home: Path, origins: tuple[str, ...] = ()) -> list[DemoOperator]:
    """The demo operators with keys that work on this database: remembered ones, else fresh ones. Pages of
    `origins` may frame their games."""
    remembered = home / "demo-keys.json"
    known = []
    if remembered.exists():
        known = [DemoOperator(**row) for row in json.loads(remembered.read_text())]
    if not known or not await _all_known(database_url, known):
        known = [await _demo_operator(database_url, *row) for row in DEMO_OPERATORS]
        rows = [{name: getattr(row, name) for name in DemoOperator.__slots__} for row in known]
        write_private(remembered, json.dumps(rows, indent=2))
    for one in known:
        if (await operator(database_url, one.id)).origins != origins:
            await change_operator(database_url, one.id, lambda of: replace(of, origins=origins))
    return known


async def _all_known(database_url: str, demo: list[DemoOperator]) -> bool:
    texts = [text for row in demo for text in (row.api_key, row.game_platform_key)]
    async with _database(database_url) as engine:
        stored = PostgresOperators(engine)
        return all([await stored.key(text.partition(":")[0]) for text in texts])


async def _demo_operator(database_url: str, operator_id: str, name: str) -> DemoOperator:
    async with _database(database_url) as engine:
        await PostgresOperators(engine).create(Operator(OperatorId(operator_id), name, GAMES))
    demo: dict[str, Any] = {"live": False, "rate_factor": _DEMO_RATE_FACTOR}
    api_key = await issue_key(database_url, operator_id, "full_access", "demo", **demo)
    platform = await issue_key(database_url, operator_id, "game_platform", "demo games", **demo)
    return DemoOperator(operator_id, api_key, platform)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
