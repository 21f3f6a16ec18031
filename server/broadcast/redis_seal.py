"""Frames on the carrier are sealed: one who can reach the Redis cannot speak for an owner."""

from hashlib import blake2b
from hmac import compare_digest
from typing import Final

_MAC_BYTES: Final = 16


def sealed(secret: bytes, tournament_id: str, data: bytes) -> bytes:
    """The data with a code that only the house can make, for this tournament alone."""
    return _code(secret, tournament_id, data) + data


def opened(secret: bytes, tournament_id: str, data: bytes) -> bytes | None:
    """What was sealed; None for anything else."""
    code, inner = data[:_MAC_BYTES], data[_MAC_BYTES:]
    return inner if compare_digest(code, _code(secret, tournament_id, inner)) else None


def _code(secret: bytes, tournament_id: str, data: bytes) -> bytes:
    whole = len(tournament_id).to_bytes(4, "big") + tournament_id.encode() + data
    return blake2b(whole, key=secret[:64], digest_size=_MAC_BYTES).digest()
