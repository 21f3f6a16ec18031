"""Tenants and their keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import OperatorId, Tenant


@dataclass(frozen=True, slots=True)
class Operator:
    """A tenant's master data. `games` maps a game slug to its URL template (`{jwt}` is replaced); players read
    times in `timezone` (IANA). Two tournaments share an external id only with `external_id_twins`."""

    id: OperatorId
    name: str
    games: dict[str, str]
    origins: tuple[str, ...] = ()
    currency: str = "USD"
    timezone: str = "UTC"
    external_id_twins: bool = False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key: never a secret, only its SHA-256. While rotating, the former secret opens it too, until
    `former_until_ms`. `allowed_ips` are addresses or networks, none means any; `rate_factor` is how many times
    the standard rate limits it has. `maker` is the key that stands behind it, empty for itself."""

    key_id: str
    tenant: Tenant
    name: str
    role: str
    secret_sha256: bytes
    permissions: tuple[str, ...]
    expires_at_ms: int | None = None
    rate_factor: int = 1
    allowed_ips: tuple[str, ...] = ()
    created_at_ms: int = 0
    former_sha256: bytes | None = None
    former_until_ms: int = 0
    revoked_at_ms: int | None = None
    maker: str = ""

    @property
    def person(self) -> str:
        """Who stands behind the key, as far as we can know: keys that one key has made, or made the secret of,
        are one person's. The command line makes keys of new persons."""
        return f"key:{self.maker or self.key_id}"


class Operators(Protocol):
    """Tenants and their keys."""

    async def create(self, operator: Operator) -> bool:
        """Store a new operator; False, changing nothing, when there is one of this id."""

    async def add(self, operator: Operator) -> None:
        """Create, or replace the master data of, an operator."""

    async def operators(self) -> list[Operator]:
        """All of them, by id."""

    async def add_key(self, key: ApiKey) -> None: ...
    async def key(self, key_id: str) -> ApiKey | None: ...
    async def operator(self, operator_id: str) -> Operator | None: ...
    async def keys(self, tenant: Tenant) -> Sequence[tuple[ApiKey, int | None]]:
        """A tenant's keys, oldest first, each with when it was last used (UTC milliseconds)."""

    async def touch_key(self, key_id: str, now_ms: int) -> None:
        """Remember that a key was used."""
