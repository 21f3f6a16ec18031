"""Requests that are safe to repeat: the answers that were given, by operator and `Idempotency-Key`."""

from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import Tenant


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a request was answered with. `request_hash` tells a repetition from a reuse of the key."""

    request_hash: bytes
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a keyed request stands: `mine` to answer now, or answered (`given`), or neither: another one
    is at it. `request_hash` is the first request's."""

    mine: bool
    request_hash: bytes
    given: GivenAnswer | None = None


class KeptAnswers(Protocol):
    """What was answered long ago."""

    async def forget(self, before_ms: int) -> int:
        """Drop answers to requests begun before; how many."""


class RequestAnswers(KeptAnswers, Protocol):
    """One request at a time answers a key; its answer is kept."""

    async def claim(self, tenant: Tenant, key: str, request_hash: bytes, now_ms: int) -> Claim:
        """Begin, or learn who did. A claim without an answer goes over to the next after a while."""

    async def hold(self, tenant: Tenant, key: str, now_ms: int) -> None:
        """Show that a claim is still worked on: it does not go over to another."""

    async def keep(self, tenant: Tenant, key: str, answer: GivenAnswer) -> None:
        """The answer of a claimed request, for all who repeat it."""

    async def release(self, tenant: Tenant, key: str) -> None:
        """Give a claim up without an answer: the next one may try."""
