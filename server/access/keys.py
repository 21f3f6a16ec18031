"""API keys: `pk_live_<id>:sk_live_<secret>`. Stored is the SHA-256 of the secret half, never the secret.

A fast hash is right here: the secret is 256 random bits, there is nothing to guess.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from server.access.permissions import ROLES
from server.domain.ids import Tenant
from server.ports import ApiKey, IdSource


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key: `text` is shown once and never again."""

    stored: ApiKey
    text: str


def issue(
    ids: IdSource,
    tenant: Tenant,
    name: str,
    role: str,
    rate_factor: int = 1,
    now_ms: int = 0,
    key_name: str | None = None,
) -> IssuedKey:
    """A new key of a role, with `rate_factor` times the standard rate limits. `key_name` stands in its id."""
    mode = "live" if tenant.live else "test"
    key_id, secret = f"pk_{mode}_{key_name or ids.short_id(16)}", f"sk_{mode}_{ids.secret()}"
    permissions = tuple(sorted(ROLES[role]))
    stored = ApiKey(key_id, tenant, name, role, _hash(secret), permissions, None, rate_factor, (), now_ms)
    return IssuedKey(stored, f"{key_id}:{secret}")


def signing_secret(ids: IdSource) -> str:
    """A fresh secret for signatures by the Standard Webhooks spec."""
    return f"whsec_{b64encode(sha256(ids.secret().encode()).digest()).decode()}"


def parse(text: str) -> tuple[str, str] | None:
    """The public and the secret half of a whole key, None when it does not look like one."""
    key_id, colon, secret = text.partition(":")
    shaped = colon and key_id.startswith(("pk_live_", "pk_test_")) and secret.startswith("sk_")
    return (key_id, secret) if shaped and len(text) <= 256 else None


def matches(key: ApiKey | None, secret: str, now_ms: int) -> bool:
    """Whether the secret opens the key now. An unknown key costs the same work."""
    given, stored, former = _hash(secret), bytes(32), bytes(32)
    if key is not None:
        stored = key.secret_sha256
        former = key.former_sha256 if key.former_sha256 and now_ms < key.former_until_ms else stored
    equal = hmac.compare_digest(stored, given) | hmac.compare_digest(former, given)
    return bool(equal) and key is not None and is_live(key, now_ms)


def is_live(key: ApiKey, now_ms: int) -> bool:
    """Neither revoked nor expired."""
    return key.revoked_at_ms is None and (key.expires_at_ms is None or now_ms < key.expires_at_ms)


def rotated(ids: IdSource, key: ApiKey, now_ms: int, overlap_ms: int, by: ApiKey | None = None) -> IssuedKey:
    """The key with a fresh secret; the present one opens it too for `overlap_ms`. Another key `by` which it
    was made gets to know it: from now on both are one person's. By the command line it is a person's of its
    own."""
    secret = f"sk_{'live' if key.tenant.live else 'test'}_{ids.secret()}"
    maker = "" if by is None else key.maker if by.key_id == key.key_id else by.maker or by.key_id
    stored = replace(
        key,
        secret_sha256=_hash(secret),
        former_sha256=key.secret_sha256,
        former_until_ms=now_ms + overlap_ms,
        maker=maker,
    )
    return IssuedKey(stored, f"{key.key_id}:{secret}")


def allows(key: ApiKey, address: str | None) -> bool:
    """Whether a caller from this address may use the key."""
    if not key.allowed_ips:
        return True
    try:
        caller = ip_address(address or "")
    except ValueError:
        return False
    if isinstance(caller, IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in ip_network(network) for network in key.allowed_ips)


def within(inner: str, outer: Sequence[str]) -> bool:
    """Whether every address of a network is in one of the others; no others mean any."""
    net = ip_network(inner)
    same = (ip_network(other) for other in outer)
    return not outer or any(net.version == one.version and net.subnet_of(one) for one in same)  # type: ignore[arg-type]


def is_network(text: str) -> bool:
    """Whether this is an address or a network, such as 10.0.0.0/8."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
