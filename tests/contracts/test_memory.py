"""The memory twin keeps the contract."""

import pytest

from server.storage.memory.store import MemoryStore
from tests.contracts.events import EventsContract
from tests.contracts.stores import StoreContract
from tests.support.clock import ManualClock


class TestMemory(StoreContract, EventsContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(ManualClock())
