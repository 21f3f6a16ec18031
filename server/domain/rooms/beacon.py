"""A public beacon: signed random numbers that come at fixed times. No casino can choose or foresee them."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

# The list of entrants is public for so long before the round that it is salted with.
LEAD_MS: Final = 6_000
SIGNATURE_BYTES: Final = 48
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class BeaconChain:
    """An unchained drand network with short signatures (`bls-unchained-g1-rfc9380`): round 1 comes at
    `genesis_ms`, another one each `period_ms`. `public_key` and `hash`, the name of the chain at its relays,
    are hexadecimal text."""

    name: str
    hash: str
    public_key: str
    genesis_ms: int
    period_ms: int

    def instant_of(self, number: int) -> int:
        """When a round comes, in milliseconds UTC."""
        return self.genesis_ms + (number - 1) * self.period_ms

    def first_at(self, instant_ms: int) -> int:
        """The first round that comes at this instant or later."""
        return max(-(-(instant_ms - self.genesis_ms) // self.period_ms) + 1, 1)

    def for_list_closed_at(self, instant_ms: int) -> int:
        """The round that a list of entrants is salted with."""
        return self.first_at(instant_ms + LEAD_MS)


# https://docs.drand.love, League of Entropy mainnet.
QUICKNET: Final = BeaconChain(
    name="drand-quicknet",
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis_ms=1_692_803_367_000,
    period_ms=3_000,
)
BEACONS: Final[Mapping[str, BeaconChain]] = {QUICKNET.name: QUICKNET}


def randomness_of(signature: bytes) -> bytes:
    """The random bytes of a round: the hash of its signature."""
    return sha256(signature).digest()
