"""What is owed, from outside the owners: lines to show, lines to pay, and the wallets that pay them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.ids import Tenant
from server.domain.tournament.money.payouts import OPEN, PayoutRow


@dataclass(frozen=True, slots=True)
class Wallet:
    """Where an operator's wallet takes credits: `secrets` sign the calls, the newest first."""

    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredPayout:
    """A stored line. `claimed_until_ms` is how long some worker has it for itself."""

    row: PayoutRow
    claimed_until_ms: int | None = None

    def is_processing(self, now_ms: int) -> bool:
        """Whether a wallet is being asked: it may credit the line, whatever is said in the meantime."""
        return (self.claimed_until_ms or 0) > now_ms and self.row.payout.state in OPEN


@dataclass(frozen=True, slots=True)
class ClaimedPayout:
    """A line that a worker took to pay, whose it is, and the wallet that takes it."""

    row: PayoutRow
    tenant: Tenant
    wallet: Wallet


class Payouts(Protocol):
    """Lines are written by owners alone; here they are read, claimed and given back."""

    async def payouts(
        self, tenant: Tenant, tournament_id: str | None, states: Sequence[str], limit: int, offset: int
    ) -> tuple[int, list[StoredPayout]]:
        """How many there are in all, and a page: of one tournament by place, or of all, oldest first. No
        `states` mean all."""

    async def payout(self, tenant: Tenant, payout_id: str) -> StoredPayout | None: ...
    async def claim_payouts(self, now_ms: int, until_ms: int, limit: int) -> list[ClaimedPayout]:
        """Of all tenants with a wallet: take due lines that no worker has, longest due first. A claim ends
        with the next movement of its line, or at `until_ms`."""

    async def hold_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, now_ms: int, until_ms: int
    ) -> bool:
        """Keep workers from the lines of a tournament that may be paid, or from one of them. False, changing
        nothing, while a worker has one. A hold ends as a claim does, or by `release_payouts`."""

    async def release_payouts(
        self, tenant: Tenant, tournament_id: str, payout_id: str | None, until_ms: int
    ) -> None:
        """Release what was held until `until_ms`. Holds on other lines stay."""

    async def wallet(self, tenant: Tenant) -> Wallet | None: ...
    async def set_wallet(self, tenant: Tenant, wallet: Wallet | None) -> None:
        """None takes it away: lines then wait to be acknowledged."""
