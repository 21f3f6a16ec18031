"""Which tokens of a player still count."""

from typing import Protocol


class TokenGenerations(Protocol):
    """A token says of which generation it is; those of older ones than the player's are not valid."""

    async def generation(self, internal_player_id: str) -> int:
        """The oldest one that counts; 0 for a player none of whose tokens were ended."""

    async def end_older(self, internal_player_id: str, now_ms: int) -> int:
        """End all tokens made so far: the generation of those made from now on."""

    async def ended_since(self, since_ms: int) -> dict[str, int]:
        """The generations of players whose tokens were ended at or after an instant."""
