"""Settlement: lines that are owed go to the operator's wallet, each credited once.

A worker claims due lines, calls the wallet with the line's id as its once-only key, and tells the owner
what became of it; the owner alone moves the line. When a worker dies in between, its claim runs out and the
next worker asks the wallet again under the same key. So any number of these may run, late or twice, without
harm.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from actors.directory import Directory
from actors.replies import Done
from actors.requests import CommandRequest
from config.limits import (
    FOREIGN_WORDS_MAX,
    PAYOUT_CLAIM_MS,
    PAYOUTS_AT_ONCE,
    SETTLEMENT_BATCH_MAX,
    SETTLEMENT_PAUSES_S,
    SETTLEMENT_POLL_S,
)
from server.domain.money import to_decimal
from server.domain.tournament.commands import Settle
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.money.payouts import PayoutRow, PayoutState
from server.encoding.wire import dump, printable
from server.ports import ClaimedPayout, Clock, IdSource, Payouts
from server.runtime.loops import go_round, until_none
from workers.http_client import Caller, Unreachable
from workers.signing import signed

log = logging.getLogger(__name__)
ACTOR = "settlement"
# Of the refusals these are of the moment; every other 4xx is about the line itself.
_PASSING = {408, 425, 429}


class Settlement:
    """Pays what is due."""

    def __init__(
        self,
        payouts: Payouts,
        directory: Directory,
        outgoing: Caller,
        clock: Clock,
        ids: IdSource,
        jitter: Callable[[float], float],
    ) -> None:
        self._payouts = payouts
        self._directory = directory
        self._outgoing = outgoing
        self._clock = clock
        self._ids = ids
        self._jitter = jitter
        self._slots = asyncio.Semaphore(PAYOUTS_AT_ONCE)

    async def run(self) -> None:
        """Look, pay, wait; for ever. While there is more, no waiting."""
        look = partial(until_none, self.look)
        await go_round(self._clock, SETTLEMENT_POLL_S, look, "settlement_cannot_look")

    async def look(self) -> int:
        """Claim what is due, pay it, tell the owners; how many lines were claimed."""
        now_ms = self._clock.now_ms()
        claimed = await self._payouts.claim_payouts(now_ms, now_ms + PAYOUT_CLAIM_MS, SETTLEMENT_BATCH_MAX)
        by_tournament: dict[str, list[ClaimedPayout]] = {}
        for one in claimed:
            by_tournament.setdefault(one.row.tournament_id, []).append(one)
        await asyncio.gather(*(self._settle(name, lines) for name, lines in by_tournament.items()))
        return len(claimed)

    async def _settle(self, tournament_id: str, lines: Sequence[ClaimedPayout]) -> None:
        steps = await asyncio.gather(*(self._pay(line) for line in lines))
        command = Settle(tuple(steps), strict=False)
        reply = await self._directory.ask(
            tournament_id, CommandRequest(command, self._ids.command_id(), ACTOR)
        )
        if isinstance(reply, Done):
            paid = sum(step.state == PayoutState.PAID for step in steps)
            fields = {"tournament": tournament_id, "lines": len(steps), "paid": paid}
            log.info("settlement_moved", extra=fields)
        else:
            log.warning("settlement_not_moved", extra={"tournament": tournament_id, "reply": str(reply)})

    async def _pay(self, line: ClaimedPayout) -> PayoutStep:
        """One credit, tried once."""
        row = line.row
        body = dump(_credit(line))
        headers = signed(row.payout.id, body, line.wallet.secrets, self._clock.now_ms())
        try:
            async with self._slots:
                answer = await self._outgoing.post(line.wallet.url, body, headers)
        except Unreachable as error:
            return self._later(row, str(error))
        if 200 <= answer.status < 300:
            return PayoutStep(row.payout.id, PayoutState.PAID, _reference(answer.body), tried=True)
        text = answer.body.decode(errors="replace")
        reason = f"The wallet answered {answer.status}: {text}"
        if 400 <= answer.status < 500 and answer.status not in _PASSING:
            return _step(row, PayoutState.NEEDS_PERSON, reason)
        return self._later(row, reason)

    def _later(self, row: PayoutRow, reason: str) -> PayoutStep:
        """Again after a pause that grows, until a person must look."""
        tries = row.payout.attempts
        if tries >= len(SETTLEMENT_PAUSES_S):
            return _step(row, PayoutState.NEEDS_PERSON, reason)
        pause_ms = round(self._jitter(SETTLEMENT_PAUSES_S[tries]) * 1_000)
        next_ms = self._clock.now_ms() + pause_ms
        return _step(row, PayoutState.RETRY_SCHEDULED, reason, next_ms)


def _step(row: PayoutRow, state: PayoutState, reason: str, next_ms: int | None = None) -> PayoutStep:
    """What did not succeed, and why, fit to be kept."""
    words = printable(reason, FOREIGN_WORDS_MAX)
    return PayoutStep(row.payout.id, state, reason=words, next_try_ms=next_ms, tried=True)


def _credit(line: ClaimedPayout) -> dict[str, Any]:
    """What a wallet reads. `payoutId` is the once-only key."""
    row, payout = line.row, line.row.payout
    return {
        "type": "payout.credit",
        "payoutId": payout.id,
        "operatorId": line.tenant.operator_id,
        "live": line.tenant.live,
        "tournamentId": row.tournament_id,
        "userId": row.user_id,
        "playerId": row.player_id,
        "kind": payout.kind,
        "amount": to_decimal(payout.amount_minor, row.currency_places),
        "currency": row.currency,
        "tender": payout.tender,
        "position": payout.position,
    }


def _reference(body: bytes) -> str | None:
    """`{"reference": ...}` of a wallet's answer, when it says one."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return None
    found = answer.get("reference") if isinstance(answer, dict) else None
    return printable(str(found), FOREIGN_WORDS_MAX) if isinstance(found, str | int) else None
