"""Provably fair chance: a chain of hashes that is committed to before play, and what is drawn from it.

The chain is made from its end: `chain[i] = SHA-256(chain[i + 1])`, all as 32 bytes. `chain[0]` is the
commitment, flight i draws from link i, and the last link is the seed. The formula of the crash point is
bustabit's (bustabit/verifier, src/constants.ts), with another edge than theirs where a tournament says so.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

LINK_BYTES: Final = 32
DRAW_BITS: Final = 52


def chain_of(seed: bytes, links: int) -> list[bytes]:
    """The commitment and all links in the order of flights; the seed is the last one."""
    chain = [seed]
    for _ in range(links):
        chain.append(sha256(chain[-1]).digest())
    chain.reverse()
    return chain


def leads_to(link: bytes, hashes: int, commitment: bytes) -> bool:
    """Whether so many hashes of a link are the commitment: flight i is i hashes above it."""
    for _ in range(hashes):
        link = sha256(link).digest()
    return hmac.compare_digest(link, commitment)


def entrants_digest(internal_player_ids: Iterable[str]) -> bytes:
    """SHA-256 of the closed list of entrants: internal player ids in order of number, joined by newlines."""
    return sha256("\n".join(internal_player_ids).encode()).digest()


def salt_of(commitment: bytes, entrants: bytes, beacon: bytes = b"") -> str:
    """The salt of all draws, as hexadecimal text. `beacon` are the random
    bytes of its round; without one it is the house that chose the salt."""
    return sha256(commitment + entrants + beacon).hexdigest()


def draw(salt: str, link: bytes, nth: int = 0) -> int:
    """The `nth` number of 52 bits that a flight draws: HMAC-SHA256 with the salt's text as its key, over the
    32 bytes of the link and, from the second draw on, the number of the draw in 4 bytes."""
    return int.from_bytes(_mac(salt, link, nth)[:7], "big") >> 4


def below(salt: str, link: bytes, nth: int, limit: int) -> int:
    """The `nth` draw as a number from 0 to below `limit`: all 256 bits modulo the limit."""
    return int.from_bytes(_mac(salt, link, nth), "big") % limit


def _mac(salt: str, link: bytes, nth: int) -> bytes:
    message = link if nth == 0 else link + nth.to_bytes(4, "big")
    return hmac.digest(salt.encode(), message, "sha256")


def crash_point(drawn: int, edge_percent: int) -> int:
    """The multiplier in hundredths at which a flight crashes: `(100 - edge) * 2^52 / (2^52 - drawn)` rounded
    down, at least 100."""
    whole = 1 << DRAW_BITS
    return max(100, ((100 - edge_percent) * whole) // (whole - drawn))


def links_below(flight: int, link: bytes, skip: int, limit: int) -> list[tuple[int, bytes]]:
    """(flight, link) of so many flights down from one whose link is known, newest first, without the first
    `skip`."""
    found = []
    for number in range(flight, max(flight - skip - limit, 0), -1):
        if number <= flight - skip:
            found.append((number, link))
        link = sha256(link).digest()
    return found
