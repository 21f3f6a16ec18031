"""The books are right, and whoever changes one row anywhere is found by its name."""

from dataclasses import replace
from typing import Any

import pytest

from actors.local_directory import LocalDirectory
from actors.requests import CommandRequest, ReportFacts
from server.domain.ids import OperatorId, Tenant
from server.domain.tournament import commands
from server.encoding import codec
from server.ports import AuditEntry, EventRow
from server.storage.memory.store import MemoryStore
from tests.support.builders import NOW_MS, TENANT, TOURNAMENT, command_request, create, points, register
from tests.support.clock import ManualClock
from workers.commands.verify import Wrong, verify_tournament, verify_trail


async def evening() -> tuple[MemoryStore, Any]:
    """A finished tournament with facts, a refund, a correction, prizes and a checkpoint."""
    clock = ManualClock()
    store = MemoryStore(clock)
    directory = LocalDirectory(store, clock)
    await directory.create(command_request(create(grace_ms=0)))

    async def tell(message: Any) -> None:
        whole = message if isinstance(message, ReportFacts | CommandRequest) else command_request(message)
        await directory.ask(TOURNAMENT, whole)

    for user in ("ann", "ben", "cid"):
        await tell(register(user))
    await tell(commands.Remove("cid"))
    await tell(commands.Start())
    for n in range(3):
        facts = [points(f"f{n}-{user}", user, n + 1) for user in ("ann", "ben")]
        await tell(ReportFacts(codec.encode_facts(facts)))
    await tell(commands.Correct("adjust", "lag", "ben", points=50_000))
    await directory.host(TOURNAMENT).retire()
    await tell(commands.Finish())
    await directory.close()
    return store, store._tournaments[TOURNAMENT]


async def test_the_books_of_an_honest_evening_are_right() -> None:
    store, kept = await evening()
    assert await verify_tournament(store, TOURNAMENT, NOW_MS) is None
    assert kept.results and kept.postings and len(kept.checkpoints) >= 1


def change_event(kept: Any, store: MemoryStore) -> Wrong:
    at = next(i for i, row in enumerate(kept.log) if getattr(row, "kind", "") == "score_corrected")
    row = kept.log[at]
    kept.log[at] = replace(row, payload=row.payload.replace(b"lag", b"gal"))
    return Wrong("events", str(row.seq), "was changed: its hash does not fit")


def change_fact(kept: Any, store: MemoryStore) -> Wrong:
    at = next(i for i, row in enumerate(kept.log) if not isinstance(row, EventRow))
    row = kept.log[at]
    block = codec.decode_block(row.payload)
    better = [one._replace(fact=one.fact._replace(points=10**9)) for one in block]
    kept.log[at] = replace(row, payload=codec.encode_block(better))
    return Wrong("fact_blocks", str(row.first_seq), "was changed: its hash does not fit")


def drop_event(kept: Any, store: MemoryStore) -> Wrong:
    row = kept.log.pop(3)
    return Wrong("events", str(row.seq + 1), f"does not follow {row.seq - 1}: a row is missing or was added")


def change_actor(kept: Any, store: MemoryStore) -> Wrong:
    """Who did it is part of the row that the chain covers."""
    row = kept.log[1]
    kept.log[1] = replace(row, actor="key:somebody-else")
    return Wrong("events", str(row.seq), "was changed: its hash does not fit")


def change_posting(kept: Any, store: MemoryStore) -> Wrong:
    row = kept.postings[2]
    kept.postings[2] = replace(row, posting=replace(row.posting, amount_minor=row.posting.amount_minor + 1))
    return Wrong("postings", f"{row.seq}:{row.line}", "is not what the log says")


def add_posting(kept: Any, store: MemoryStore) -> Wrong:
    kept.postings.append(replace(kept.postings[0], seq=99))
    return Wrong("postings", "99:0", "is not in the log")


def change_announcement(kept: Any, store: MemoryStore) -> Wrong:
    told = store._outbox[kept.summary.id]
    row, told[4] = told[4], replace(told[4], data=b"{}")
    return Wrong("outbox", row.event_id, "is not what the log says")


def drop_entry(kept: Any, store: MemoryStore) -> Wrong:
    del kept.entries[1]
    return Wrong("entries", "1", "is missing")


def change_result(kept: Any, store: MemoryStore) -> Wrong:
    kept.results[0] = replace(kept.results[0], prize_minor=10**6)
    return Wrong("results", "1", "is not what the log says")


def change_payout(kept: Any, store: MemoryStore) -> Wrong:
    name = sorted(store._owed)[0]
    tenant, owed = store._owed[name]
    paid = replace(owed.row.payout, state="paid")
    store._owed[name] = (tenant, replace(owed, row=replace(owed.row, payout=paid)))
    return Wrong("payouts", name, "is not what the log says")


def change_listing(kept: Any, store: MemoryStore) -> Wrong:
    kept.summary = replace(kept.summary, players=9)
    return Wrong("tournaments", TOURNAMENT, "is not what the log says")


def damage_checkpoint(kept: Any, store: MemoryStore) -> Wrong:
    point = kept.checkpoints[-1]
    kept.checkpoints[-1] = replace(point, payload=point.payload[:-1])
    return Wrong("checkpoints", f"{TOURNAMENT}:{point.seq}", "is damaged")


FORGERIES = (
    change_event, change_fact, drop_event, change_actor, change_posting, add_posting, change_announcement,
    drop_entry, change_result, change_payout, change_listing, damage_checkpoint,
)  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
async def test_a_forged_row_is_named(forge: Any) -> None:
    store, kept = await evening()
    wrong = forge(kept, store)
    assert await verify_tournament(store, TOURNAMENT, NOW_MS) == wrong


async def test_a_trail_of_deeds_breaks_where_it_was_changed() -> None:
    store = MemoryStore(ManualClock())
    for n in range(5):
        await store.append(
            TENANT, AuditEntry(n, "key:a", "key.revoked", f"pk_{n}", {"role": "x"}, None, "left")
        )
    assert await verify_trail(store, TENANT) is None
    rows = store._trails[TENANT]
    assert [row.seq for row in await store.trail(TENANT, 2, 9)] == [3, 4, 5]
    rows[2] = replace(rows[2], entry=replace(rows[2].entry, actor="key:b"))
    wrong = await verify_trail(store, TENANT)
    assert wrong is not None and wrong.row == f"{TENANT.operator_id}:3"
    assert await verify_trail(store, Tenant(OperatorId("op_none"), True)) is None
