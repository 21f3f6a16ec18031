"""Answers to those who operate the system."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from server.encoding.answer import Answer


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class ReadinessAnswer(Answer):
    """Whether requests can be served; `missing` says why not."""

    status: Literal["ready", "not_ready"]
    missing: dict[str, str] | UnsetType = UNSET


class KeySet(Answer):
    """Public keys of player tokens (RFC 7517)."""

    keys: list[dict[str, Any]]
