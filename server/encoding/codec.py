"""Events, fact blocks and states to bytes and back: the one translator between domain and store."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from hashlib import blake2b
from operator import xor
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec

from server.domain.ids import Tenant, TournamentId
from server.domain.scoring.fact import Counted, Fact, Outcome
from server.domain.tournament import events
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.play.facts import DIGEST_BYTES, is_full, standing_of
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.state import Entry, Payout, Review, RoomRecord, Tournament
from server.encoding.upcasters import UPCASTERS, present, present_kind

T = TypeVar("T")


def kind_of(event: type) -> str:
    """`RegistrationOpened` is stored as `registration_opened`; after a change of shape `KIND` says as what."""
    named: str | None = getattr(event, "KIND", None)
    return named or re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


KINDS: dict[str, type] = {kind_of(event): event for event in get_args(events.Event)}
_KIND_OF = {cls: kind for kind, cls in KINDS.items()}
_RULES = (events.Created, events.Updated)
RULE_KINDS = tuple(kind for kind in (*KINDS, *UPCASTERS) if KINDS[present_kind(kind)] in _RULES)
_BLOCK = msgspec.msgpack.Decoder(list[Counted])
_FACTS = msgspec.msgpack.Decoder(list[Fact])
_pack = msgspec.msgpack.Encoder().encode
# Level 1: blocks shrink to a third for about a microsecond a fact; higher levels cost more than they save.
_ZLIB_LEVEL = 1
HASH_BYTES = 32
# The kinds of a stored block.
FACTS, ROOM = "facts", "room"
CHAIN_START = bytes(HASH_BYTES)


def encode(value: Any) -> bytes:
    """Any plain value or dataclass as MessagePack."""
    return _pack(value)


def decode(data: bytes, cls: type[T]) -> T:
    """The typed value of `encode`."""
    return msgspec.msgpack.decode(data, type=cls)


def encode_event(event: events.Event) -> tuple[str, bytes]:
    """The kind and the readable (JSON) payload of a domain event."""
    return _KIND_OF[type(event)], msgspec.json.encode(event)


def decode_event(kind: str, payload: bytes) -> events.Event:
    """The event of a stored row, also of one in a former shape."""
    kind, payload = present(kind, payload)
    event: events.Event = msgspec.json.decode(payload, type=KINDS[kind])
    return event


def rules_in(kind: str, payload: bytes) -> tuple[Rules, tuple[str, ...]]:
    """The rules of an event of RULE_KINDS, and which fields it changed."""
    event = decode_event(kind, payload)
    assert isinstance(event, events.Created | events.Updated), "only these carry rules"
    return event.rules, event.changed if isinstance(event, events.Updated) else ()


def encode_facts(facts: Sequence[Fact]) -> bytes:
    """Facts as they travel from a front end to the owner."""
    return _pack(facts)


def decode_facts(data: bytes) -> list[Fact]:
    """Facts as the owner reads them."""
    return _FACTS.decode(data)


def encode_block(block: Sequence[Counted]) -> bytes:
    """Counted facts as they are stored."""
    return zlib.compress(_pack(block), _ZLIB_LEVEL)


def decode_block(data: bytes) -> list[Counted]:
    """The facts of a stored block."""
    return _BLOCK.decode(zlib.decompress(data))


def chained(previous: bytes, seq: int, kind: str, at_ms: int, payload: bytes, actor: str = "") -> bytes:
    """The hash of a journal row: each covers the one before, so no row can change unnoticed. A block of facts
    has no actor."""
    head = f"{seq}:{kind}:{at_ms}:{actor}:".encode()
    return blake2b(previous + head + payload, digest_size=HASH_BYTES).digest()


def chained_audit_entry(previous: bytes, seq: int, entry: Any) -> tuple[bytes, bytes]:
    """The readable (JSON) bytes of an audited entry, and the hash that chains it to the one before."""
    payload = msgspec.json.encode(entry)
    return payload, blake2b(previous + f"{seq}:".encode() + payload, digest_size=HASH_BYTES).digest()


@dataclass(frozen=True, slots=True)
class _Image:
    """A tournament without what can be derived: indexes and the sorted board."""

    id: TournamentId
    tenant: Tenant
    rules: Rules
    created_at_ms: int
    status: Status
    results_status: ResultsStatus
    started_at_ms: int | None
    completed_at_ms: int | None
    cancelled_at_ms: int | None
    cancellation: events.Cancelled | None
    results: events.ResultsFinalised | None
    seq: int
    events_counted: int
    facts_counted: int
    collected_minor: int
    fees_minor: int
    seated: int
    left_in_play: int
    bell_ms: int | None
    round_no: int
    round_started_ms: int
    round_ended_ms: int | None
    between_rounds: bool
    in_play: int
    reviews: list[Review]
    approved_by: str | None
    entries: list[Entry]
    noted: dict[bytes, Outcome]
    voided: list[bytes]
    payouts: dict[str, Payout]
    room: RoomRecord = field(default_factory=RoomRecord)


_PLAIN = tuple(name for name in _Image.__dataclass_fields__ if name not in ("noted", "voided"))


class _Kept(NamedTuple):
    """A checkpoint: the state, the digests of facts, how wide they are, and the room where there is one."""

    image: _Image
    seen: bytes
    width: int
    room: bytes = b""


def encode_state(state: Tournament, room: bytes = b"") -> bytes:
    """A checkpoint: the state at its journal position, and its room as `room_codec.encode_room` made it."""
    return _pack(_Kept(_image(state), b"".join(state.seen), DIGEST_BYTES, room))


def decode_state(data: bytes) -> Tournament:
    """The state of a checkpoint, with indexes and board rebuilt. ValueError when it is of another make."""
    return decode_checkpoint(data)[0]


def decode_checkpoint(data: bytes) -> tuple[Tournament, bytes]:
    """The state, and the bytes of its room, empty where there is none."""
    image, seen, width, room = msgspec.msgpack.decode(data, type=_Kept)
    if width != DIGEST_BYTES:
        raise ValueError("digests of another width")
    state = Tournament(**{name: getattr(image, name) for name in _PLAIN})
    state.seen = {seen[i : i + width] for i in range(0, len(seen), width)}
    state.noted, state.voided = image.noted, set(image.voided)
    for entry in state.entries:
        state.know(entry)
    state.full = {entry.player_no for entry in state.entries if is_full(entry)}
    state.last_registered_ms = max((entry.registered_at_ms for entry in state.entries), default=0)
    present = [entry for entry in state.entries if not entry.removed]
    state.ranking.fill([(e.player_no, e.points, standing_of(state, e)[1]) for e in present])
    return state, room


def state_digest(state: Tournament) -> str:
    """A fingerprint of everything in the state: equal states, equal digests, in any process.

    Seen fact ids enter as their XOR, so the order of a set does not matter.
    """
    seen = reduce(xor, (int.from_bytes(digest, "big") for digest in state.seen), 0)
    return blake2b(_pack((_image(state), seen.to_bytes(16, "big"))), digest_size=16).hexdigest()


def _image(state: Tournament) -> _Image:
    plain = {name: getattr(state, name) for name in _PLAIN}
    noted = dict(sorted(state.noted.items()))
    return _Image(**plain, noted=noted, voided=sorted(state.voided))
