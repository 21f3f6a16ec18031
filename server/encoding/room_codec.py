"""Rooms to bytes and back: batches as they are journaled, rooms as checkpoints keep them."""

import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from server.domain.rooms.game import Game
from server.domain.rooms.inputs import Batch, Input, RoomFact
from server.domain.rooms.room import Room
from server.domain.scoring.fact import Counted
from server.encoding import codec
from server.encoding.wire import dump

DIGEST_BYTES: Final = 16
_ZLIB_LEVEL: Final = 1
_pack = msgspec.msgpack.Encoder().encode
_BATCH = msgspec.msgpack.Decoder(Batch)
_INPUTS = msgspec.msgpack.Decoder(list[Input])
_ARGUMENTS = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ROOM = msgspec.msgpack.Decoder(Room)


def encode_batch(batch: Batch) -> bytes:
    """A batch as it is stored."""
    return zlib.compress(_pack(batch), _ZLIB_LEVEL)


def decode_batch(data: bytes) -> Batch:
    """The batch of a stored row."""
    return _BATCH.decode(zlib.decompress(data))


def facts_of(kind: str, payload: bytes) -> list[Counted]:
    """The facts of a stored block of any kind: they stand at its last positions."""
    return decode_batch(payload).facts if kind == codec.ROOM else codec.decode_block(payload)


def encode_inputs(inputs: Sequence[Input]) -> bytes:
    """Inputs as they travel from a front end to the owner."""
    return _pack(inputs)


def decode_inputs(data: bytes) -> list[Input]:
    """Inputs as the owner reads them."""
    return _INPUTS.decode(data)


def encode_answer(answer: Mapping[str, Any]) -> bytes:
    """What a client is told: JSON with exact decimals."""
    return dump(answer)


def decode_arguments(body: bytes) -> dict[str, Any]:
    """What a client sent, decimals digit by digit. Raises `ValueError`."""
    return _ARGUMENTS.decode(body)


def encode_room(room: Room) -> bytes:
    """A room with the state of its game, for a checkpoint."""
    return _pack(room)


def decode_room(data: bytes, game: type[Game]) -> Room:
    """The room of a checkpoint. Raises `ValueError` when the game's state has another shape."""
    room = _ROOM.decode(data)
    room.state = msgspec.convert(room.state, game.State)
    room.shows = [(at_ms, kind) for at_ms, kind in room.shows]
    return room


def digest_of(
    answers: Sequence[bytes | None],
    facts: Sequence[RoomFact],
    purses: Sequence[tuple[int, int, int]],
) -> bytes:
    """A fingerprint of what a batch led to: a replay must come to the same one."""
    return blake2b(_pack((answers, facts, purses)), digest_size=DIGEST_BYTES).digest()
