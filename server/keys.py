"""API keys: `pk_live_<id>:sk_live_<secret>`. Stored is the SHA-256 of the secret half, never the secret.

A fast hash is right here: the secret is 256 random bits, there is nothing to guess.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from server.domain.ids import Tenant
from server.permissions import ROLES
from server.ports import ApiKey, IdSource


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key: `text` is shown once and never again."""

    stored: ApiKey
    text: str


def issue(ids: IdSource, tenant: Tenant, name: str, role: str, rate_factor: int = 1) -> IssuedKey:
    """A new key of a role, with `rate_factor` times the standard rate limits."""
    mode = "live" if tenant.live else "test"
    key_id, secret = f"pk_{mode}_{ids.short_id(16)}", f"sk_{mode}_{ids.secret()}"
    permissions = tuple(sorted(ROLES[role]))
    stored = ApiKey(key_id, tenant, name, role, _hash(secret), permissions, None, rate_factor)
    return IssuedKey(stored, f"{key_id}:{secret}")


def parse(text: str) -> tuple[str, str] | None:
    """The public and the secret half of a whole key, None when it does not look like one."""
    key_id, colon, secret = text.partition(":")
    shaped = colon and key_id.startswith(("pk_live_", "pk_test_")) and secret.startswith("sk_")
    return (key_id, secret) if shaped and len(text) <= 256 else None


def matches(key: ApiKey | None, secret: str, now_ms: int) -> bool:
    """Whether the secret opens the key now. An unknown key costs the same work."""
    stored = bytes(32) if key is None else key.secret_sha256
    equal = hmac.compare_digest(stored, _hash(secret))
    fresh = key is not None and (key.expires_at_ms is None or now_ms < key.expires_at_ms)
    return equal and fresh


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
