"""The one file that may draw randomness: ids and secrets."""

import random
import secrets
import uuid

import uuid_utils

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemIds:
    """Fresh ids. Sortable by time where rows are read in the order in which they were made."""

    def tournament_id(self) -> str:
        """A new tournament id."""
        return uuid_utils.uuid7().hex

    def player_id(self) -> str:
        """A new player id."""
        return f"plr_{uuid_utils.uuid7().hex}"

    def command_id(self) -> str:
        """A new command id."""
        return uuid_utils.uuid7().hex

    def short_id(self, length: int = 12) -> str:
        """A public id of a key or an operator."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))

    def secret(self) -> str:
        """256 random bits for an API key."""
        return secrets.token_urlsafe(32)


def fresh_seed() -> bytes:
    """The last link of a new chain."""
    return secrets.token_bytes(32)


def derived_id(*parts: str) -> str:
    """The same id for the same parts: what an `Idempotency-Key` creates is found again by it."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(parts)).hex


def jittered(seconds: float) -> float:
    """Between half of `seconds` and all of it."""
    return seconds * random.uniform(0.5, 1.0)


def is_drawn(share: float) -> bool:
    """True for about this share of all calls."""
    return random.random() < share


Dice = random.Random


def dice() -> random.Random:
    """A fresh source of play money luck, for bots and load generators; never for secrets."""
    return random.Random()
