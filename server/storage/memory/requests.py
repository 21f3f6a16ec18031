"""Answers to keyed requests in memory: the twin of `operators.PostgresRequests`."""

from config.limits import CLAIM_STALE_MS
from server.domain.ids import Tenant
from server.ports import Claim, GivenAnswer


class MemoryRequests:
    """`RequestAnswers` over a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self._claims: dict[tuple[Tenant, str], tuple[int, bytes, GivenAnswer | None]] = {}

    async def claim(self, tenant: Tenant, key: str, request_hash: bytes, now_ms: int) -> Claim:
        found = self._claims.get((tenant, key))
        if found is not None:
            claimed_ms, first, given = found
            stale = given is None and abs(now_ms - claimed_ms) >= CLAIM_STALE_MS and first == request_hash
            if not stale:
                return Claim(False, first, given)
        self._claims[tenant, key] = (now_ms, request_hash, None)
        return Claim(True, request_hash)

    async def hold(self, tenant: Tenant, key: str, now_ms: int) -> None:
        found = self._claims.get((tenant, key))
        if found is not None and found[2] is None:
            self._claims[tenant, key] = (now_ms, found[1], None)

    async def keep(self, tenant: Tenant, key: str, answer: GivenAnswer) -> None:
        found = self._claims.get((tenant, key))
        if found is not None:
            claimed_ms, first, given = found
            self._claims[tenant, key] = (claimed_ms, first, given or answer)

    async def release(self, tenant: Tenant, key: str) -> None:
        found = self._claims.get((tenant, key))
        if found is not None and found[2] is None:
            del self._claims[tenant, key]

    async def forget(self, before_ms: int) -> int:
        old = [name for name, (claimed_ms, _, _) in self._claims.items() if claimed_ms < before_ms]
        for name in old:
            del self._claims[name]
        return len(old)
