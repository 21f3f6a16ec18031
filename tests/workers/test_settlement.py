"""Settlement: each winner is credited once and the total is the sheet, whoever dies at whatever moment."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from actors.local_directory import LocalDirectory
from actors.replies import Done, Reply
from actors.requests import CommandRequest
from config.limits import FOREIGN_WORDS_MAX, PAYOUT_CLAIM_MS, SETTLEMENT_PAUSES_S
from server.domain.tournament import commands
from server.domain.tournament.events import PayoutStep
from server.domain.tournament.money.payouts import PayoutState
from server.domain.tournament.money.pool import PrizePool
from server.ports import Commit, StoredPayout
from server.ports import Wallet as Target
from server.storage.memory.store import MemoryStore
from tests.support.builders import TENANT, TOURNAMENT, command_request, create, register
from tests.support.clock import ManualClock
from tests.support.faults import CommandIds, troubled
from tests.support.wallet import Wallet
from workers.loops.settlement import Settlement
from workers.signing import signed


class Store(MemoryStore):
    """Refuses a commit before it is stored, or loses the answer after."""

    trouble: Any = None

    async def commit(self, commit: Commit) -> None:
        await troubled(self.trouble, lambda: super(Store, self).commit(commit))


class Scene:
    """A finished tournament, and a wallet."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock)
        self.directory = LocalDirectory(self.store, self.clock, jitter=lambda seconds: seconds)
        self.wallet = Wallet()
        self.ids = CommandIds("settle")

    def worker(self) -> Settlement:
        return Settlement(self.store, self.directory, self.wallet, self.clock, self.ids, lambda s: s)  # type: ignore[arg-type]

    async def through(self, work: Any) -> Any:
        task = asyncio.ensure_future(work)
        for _ in range(4_000):
            if task.done():
                break
            await self.clock.advance(100)
        return await task

    async def ask(self, command: commands.Command) -> Reply:
        reply: Reply = await self.through(self.directory.ask(TOURNAMENT, command_request(command)))
        return reply

    async def finished(self, players: int, paid: int | None = None) -> "Scene":
        shares = tuple([1] * (paid or players))
        prizes = PrizePool("percentage", 0, shares, unit="weight")
        begin = create(prize_pool=prizes, max_players=None, grace_ms=0)
        assert isinstance(await self.directory.create(command_request(begin)), Done)
        for start in range(0, players, 400):
            users = [f"u{n}" for n in range(start, min(start + 400, players))]
            registered = (self.directory.ask(TOURNAMENT, command_request(register(user))) for user in users)
            await self.through(asyncio.gather(*registered))
        await self.ask(commands.Start())
        await self.ask(commands.Finish())
        await self.store.set_wallet(TENANT, Target("https://wallet.example/credit", ("whsec_c2VjcmV0",)))
        return self

    async def lines(self) -> list[StoredPayout]:
        _, found = await self.store.payouts(TENANT, TOURNAMENT, (), 100_000, 0)
        return found

    async def states(self) -> set[str]:
        return {owed.row.payout.state for owed in await self.lines()}


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_every_line_is_credited_once_and_kept_as_paid(scene: Scene) -> None:
    await scene.finished(7)
    assert await scene.through(scene.worker().look()) == 7
    assert await scene.through(scene.worker().look()) == 0
    assert scene.wallet.paid_minor() == 7_000 and set(scene.wallet.asked.values()) == {1}
    assert await scene.states() == {"paid"}
    line = (await scene.lines())[0].row
    credit = scene.wallet.credited[line.payout.id]
    assert (credit["userId"], credit["amount"], credit["currency"]) == (line.user_id, 10, "USD")
    assert line.payout.reference == f"w-{line.payout.id[-6:]}"
    events = [a.event_type for a in await scene.store.history(TENANT, TOURNAMENT, 0, 1_000)]
    assert events.count("payout.created") == events.count("payout.paid") == 7


async def test_refunds_are_credited_in_their_tender(scene: Scene) -> None:
    await scene.directory.create(command_request(create()))
    await scene.ask(register("ann", tender="bonus"))
    await scene.ask(register("ben"))
    await scene.store.set_wallet(TENANT, Target("https://wallet.example", ("whsec_c2VjcmV0",)))
    await scene.ask(commands.Remove("ben"))
    await scene.ask(commands.Cancel("storm"))
    await scene.through(scene.worker().look())
    told = sorted((c["userId"], c["kind"], c["tender"], c["amount"]) for c in scene.wallet.credited.values())
    assert told == [("ann", "refund", "bonus", 10), ("ben", "refund", "cash", 10)]


async def test_a_wallet_that_is_away_is_asked_again_with_growing_pauses_and_then_a_person(
    scene: Scene,
) -> None:
    await scene.finished(2)
    scene.wallet.mood = lambda key: "busy"
    tries_ms = []
    for pause_s in SETTLEMENT_PAUSES_S:
        assert await scene.through(scene.worker().look()) == 2
        tries_ms.append(scene.clock.now_ms())
        assert await scene.states() == {"retry_scheduled"}
        scene.clock.jump(pause_s * 1_000 - 5_000)
        assert await scene.through(scene.worker().look()) == 0, "not before it is due"
        scene.clock.jump(5_000)
    await scene.through(scene.worker().look())
    assert await scene.states() == {"needs_person"} and not scene.wallet.credited
    pauses = [b - a for a, b in itertools.pairwise(tries_ms)]
    assert pauses == sorted(pauses) and sum(SETTLEMENT_PAUSES_S) > 24 * 3_600
    line = (await scene.lines())[0].row.payout
    assert line.reason == "The wallet answered 503: later"
    scene.wallet.mood = lambda key: "ok"
    await scene.ask(commands.Settle((PayoutStep(line.id, PayoutState.APPROVED),)))
    await scene.through(scene.worker().look())
    assert list(scene.wallet.credited) == [line.id], "a person lets it be paid again"


async def test_a_line_that_the_wallet_refuses_goes_to_a_person_at_once(scene: Scene) -> None:
    await scene.finished(2)
    refused = (await scene.lines())[0].row.payout.id
    scene.wallet.mood = lambda key: "unknown user" if key == refused else "ok"
    await scene.through(scene.worker().look())
    states = {owed.row.payout.id: owed.row.payout.state for owed in await scene.lines()}
    assert states.pop(refused) == "needs_person" and set(states.values()) == {"paid"}


async def test_what_a_wallet_says_is_fit_to_be_kept_and_shown(scene: Scene) -> None:
    await scene.finished(2)
    scene.wallet.mood = lambda key: "garbled"
    await scene.through(scene.worker().look())
    reason = (await scene.lines())[0].row.payout.reason
    assert reason is not None and len(reason) == FOREIGN_WORDS_MAX and reason.isprintable()
    assert reason.startswith("The wallet answered 422: no \ufffduser \ufffd[31m\ufffdxxx")


async def test_what_a_person_said_meanwhile_does_not_hold_up_the_others(scene: Scene) -> None:
    await scene.finished(3)
    lines = [owed.row.payout.id for owed in await scene.lines()]
    scene.wallet.mood = lambda key: "busy"
    claimed = await scene.store.claim_payouts(scene.clock.now_ms(), scene.clock.now_ms() + 1, 10)
    await scene.ask(commands.Settle((PayoutStep(lines[0], PayoutState.PAID, "by hand"),)))
    await scene.through(scene.worker()._settle(TOURNAMENT, claimed))
    states = {owed.row.payout.id: owed.row.payout.state for owed in await scene.lines()}
    assert states == {lines[0]: "paid", lines[1]: "retry_scheduled", lines[2]: "retry_scheduled"}


class Killed(BaseException):
    """The worker's process is gone."""


class Fragile:
    """Workers that die before and after credits, and before and after they tell the owner."""

    def __init__(self, scene: Scene, luck: random.Random) -> None:
        self.scene = scene
        self.luck = luck
        self.deaths: Counter[str] = Counter()

    async def dying(self, point: str, chance: float, work: Callable[[], Awaitable[Any]]) -> Any:
        self._maybe(f"before {point}", chance)
        told = await work()
        self._maybe(f"after {point}", chance)
        return told

    def _maybe(self, when: str, chance: float) -> None:
        if self.luck.random() < chance:
            self.deaths[when] += 1
            raise Killed

    async def ask(self, tournament_id: str, message: CommandRequest[object]) -> Reply:
        """Stands where the directory does."""
        reply: Reply = await self.dying("order", 0.1, lambda: self.scene.directory.ask(tournament_id, message))
        return reply

    async def post(self, *call: Any) -> Any:
        """Stands where the wallet does."""
        return await self.dying("credit", 0.0005, lambda: self.scene.wallet.post(*call))

    async def life(self) -> None:
        """One worker until nothing is due or it dies."""
        scene = self.scene
        jitter = self.luck.uniform
        worker = Settlement(
            scene.store,
            self,  # type: ignore[arg-type]
            self,
            scene.clock,
            scene.ids,  # type: ignore[arg-type]
            lambda s: jitter(0, s),
        )
        with suppress(Killed):
            while await worker.look():
                pass


async def test_ten_thousand_winners_killed_at_every_point_are_each_paid_once(scene: Scene) -> None:
    """Workers die at every point; owners' commits fail before and after they are stored; answers get lost. Two
    workers at a time, until all is paid."""
    luck = random.Random(7)
    await scene.finished(10_000)
    lines = await scene.lines()
    sheet_minor = sum(owed.row.payout.amount_minor for owed in lines)
    assert (len(lines), sheet_minor) == (10_000, 10_000 * 1_000)
    scene.store.trouble = lambda: luck.choice(["before", "after", None, None])
    scene.wallet.mood = lambda key: luck.choice(["ok"] * 30 + ["answer lost", "busy", "away"])
    fragile = Fragile(scene, luck)
    for _ in range(500):
        await scene.through(asyncio.gather(fragile.life(), fragile.life()))
        if await scene.states() == {"paid"}:
            break
        scene.clock.jump(PAYOUT_CLAIM_MS)
    assert await scene.states() == {"paid"}
    assert len(scene.wallet.credited) == 10_000, "each winner once"
    assert scene.wallet.paid_minor() == sheet_minor, "and all of the sheet"
    assert set(fragile.deaths) == {
        f"{when} {what}" for when in ("before", "after") for what in ("credit", "order")
    }
    assert sum(scene.wallet.asked.values()) > 10_000, "some were asked again under the same key"


def test_a_credit_is_signed_with_every_live_secret() -> None:
    secrets = ("whsec_bmV3", "whsec_b2xk")
    body = b'{"amount": 10}'
    headers = signed("pay_1", body, secrets, 1_800_000_000_000)
    assert headers["webhook-id"] == headers["Idempotency-Key"] == "pay_1"
    at = datetime.fromtimestamp(1_800_000_000, UTC)
    expected = [Webhook(secret).sign("pay_1", at, body.decode()) for secret in secrets]
    assert headers["webhook-signature"].split() == expected
