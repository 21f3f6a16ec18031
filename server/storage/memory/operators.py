"""Operators and their keys in memory: the twin of `operators.PostgresOperators`."""

from collections.abc import Sequence
from dataclasses import replace

from server.domain.ids import Tenant
from server.ports import ApiKey, Operator


class MemoryOperators:
    """`Operators` over dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self._operators: dict[str, Operator] = {}
        self._keys: dict[str, ApiKey] = {}
        self._key_used: dict[str, int] = {}

    async def create(self, operator: Operator) -> bool:
        return self._operators.setdefault(operator.id, operator) is operator

    async def operators(self) -> list[Operator]:
        return [self._operators[name] for name in sorted(self._operators)]

    async def add(self, operator: Operator) -> None:
        self._operators[operator.id] = operator

    async def add_key(self, key: ApiKey) -> None:
        self._keys[key.key_id] = replace(key)

    async def key(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    async def operator(self, operator_id: str) -> Operator | None:
        return self._operators.get(operator_id)

    async def keys(self, tenant: Tenant) -> Sequence[tuple[ApiKey, int | None]]:
        of_tenant = [
            (key, self._key_used.get(key.key_id)) for key in self._keys.values() if key.tenant == tenant
        ]
        return sorted(of_tenant, key=lambda row: (row[0].created_at_ms, row[0].key_id))

    async def touch_key(self, key_id: str, now_ms: int) -> None:
        self._key_used[key_id] = now_ms
