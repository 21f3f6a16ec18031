"""Generations of tokens in memory: the twin of `operators.PostgresTokens`."""


class MemoryTokens:
    """`TokenGenerations` over a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: dict[str, tuple[int, int]] = {}

    async def generation(self, internal_player_id: str) -> int:
        return self._ended.get(internal_player_id, (0, 0))[0]

    async def end_older(self, internal_player_id: str, now_ms: int) -> int:
        generation = await self.generation(internal_player_id) + 1
        self._ended[internal_player_id] = generation, now_ms
        return generation

    async def ended_since(self, since_ms: int) -> dict[str, int]:
        return {name: generation for name, (generation, at_ms) in self._ended.items() if at_ms >= since_ms}
