"""Answers about API keys."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from server.encoding.answer import Answer, Instant


class Key(Answer):
    """A key. `key` is its whole text, shown once: when it is made or gets a fresh secret."""

    key_id: str
    name: str
    made_by: Annotated[str | None, Meta(description="The key that made it; null: the command line")]
    role: str
    permissions: list[str]
    mode: Literal["live", "test"]
    status: Literal["active", "expired", "revoked"]
    allowed_ips: list[str]
    rate_factor: int
    created_at: Instant
    expires_at: Instant | None
    former_secret_until: Instant | None
    last_used_at: Instant | UnsetType | None = UNSET
    key: str | UnsetType | None = UNSET


class KeyList(Answer):
    """All keys of this operator in this mode, oldest first."""

    keys: list[Key]
