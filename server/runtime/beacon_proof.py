"""Whether a round of a public beacon is genuine. Pure Python: 0.2 s of a core; keep it off event loops."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any, Final

from server.domain.rooms.beacon import SIGNATURE_BYTES, BeaconChain


@contextmanager
def _stack_left_alone() -> Iterator[None]:
    """py_ecc lets the whole process recurse 100,000 deep. With that a body that nests deeply, which is refused
    otherwise, would end the process that reads it."""
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)


with _stack_left_alone():
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import decompress_G1, decompress_G2
    from py_ecc.bls.typing import G1Compressed, G2Compressed
    from py_ecc.optimized_bls12_381 import (
        FQ12,
        G2,
        curve_order,
        final_exponentiate,
        is_inf,
        multiply,
        neg,
        pairing,
    )

_DOMAIN: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_HALF_BYTES: Final = 48


def is_genuine(chain: BeaconChain, number: int, signature: bytes) -> bool:
    """Whether the network signed this round: BLS with signatures on G1 over SHA-256 of the round's number in
    8 bytes, as `bls-unchained-g1-rfc9380` of drand says."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        signed = decompress_G1(G1Compressed(int.from_bytes(signature, "big")))
    except ValueError:
        return False
    if is_inf(signed) or not is_inf(multiply(signed, curve_order)):
        return False
    message = hash_to_G1(sha256(number.to_bytes(8, "big")).digest(), _DOMAIN, sha256)
    ours = pairing(_key(chain.public_key), message, final_exponentiate=False)
    theirs = pairing(neg(G2), signed, final_exponentiate=False)
    return bool(final_exponentiate(ours * theirs) == FQ12.one())


@cache
def _key(public_key: str) -> Any:
    """The point of a chain's key; the keys are our own constants."""
    key = bytes.fromhex(public_key)
    first, second = (int.from_bytes(half, "big") for half in (key[:_HALF_BYTES], key[_HALF_BYTES:]))
    return decompress_G2(G2Compressed((first, second)))
