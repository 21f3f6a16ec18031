"""Facts on their way to owners: one call per tournament at a time, everything that waits goes along."""

import asyncio
import logging
from collections import Counter, deque

from actors.directory import Directory
from actors.replies import Done, Failed, Refused, Reply, Unavailable
from actors.requests import ReportFacts
from config.limits import FACT_CALL_BYTES_MAX, FACTS_PER_CALL_MAX
from config.origin import within
from server.domain.scoring.fact import Fact, Outcome
from server.encoding.codec import encode_facts
from server.runtime import tracing
from server.runtime.loops import lasting

log = logging.getLogger(__name__)

# What a fact weighs in a message, at least, beside its texts.
_FACT_OVERHEAD_BYTES = 40

Outcomes = list[Outcome]
# Parcels that travel as one call, each with whom to tell.
Load = list[tuple[list[Fact], asyncio.Future[Reply]]]


class FactBatcher:
    """Coalesces the fact requests of one front end. The answer comes when the facts are durable. `outcomes`
    are those of all so far."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.outcomes: Counter[Outcome] = Counter()
        self._queues: dict[str, deque[tuple[list[Fact], asyncio.Future[Reply]]]] = {}

    async def send(self, tournament_id: str, facts: list[Fact]) -> Outcomes | Refused | Unavailable | Failed:
        """One outcome per fact, in order; or why the owner could not take them."""
        outcomes: Outcomes = []
        for answer in [self._post(tournament_id, parcel) for parcel in _parcels(facts)]:
            reply = await answer
            if not isinstance(reply, Done):
                return reply
            outcomes += [Outcome(code) for code in reply.value]
        self.outcomes.update(outcomes)
        return outcomes

    def _post(self, tournament_id: str, parcel: list[Fact]) -> asyncio.Future[Reply]:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(tournament_id)
        if queue is None:
            queue = self._queues[tournament_id] = deque()
            lasting(self._drive(tournament_id, queue))
        queue.append((parcel, tracing.kept(answer)))
        return answer

    async def _drive(self, tournament_id: str, queue: deque[tuple[list[Fact], asyncio.Future[Reply]]]) -> None:
        """Call after call until the queue is empty; then the queue goes away."""
        load: Load = []
        try:
            while queue:
                load = _load(queue)
                reply = await self._ask(tournament_id, load)
                if isinstance(reply, Failed) and len(load) > 1:
                    # One of them cannot be taken: the others must not suffer for it.
                    for one in load:
                        _unload([one], await self._ask(tournament_id, [one]))
                    continue
                _unload(load, reply)
        except Exception:
            log.exception("facts_not_sent", extra={"tournament": tournament_id})
        finally:
            self._queues.pop(tournament_id, None)
            _unload([*load, *queue], Unavailable("batcher stopped"))

    async def _ask(self, tournament_id: str, load: Load) -> Reply:
        message = ReportFacts(encode_facts([fact for parcel, _ in load for fact in parcel]))
        with within(tracing.origin_of(load[0][1])):
            return await self._directory.ask(tournament_id, message)


def _weight(fact: Fact) -> int:
    return _FACT_OVERHEAD_BYTES + len(fact.event_id) + len(fact.player) + len(fact.round_id or "")


def _parcels(facts: list[Fact]) -> list[list[Fact]]:
    """Cut a request that is too large for one call."""
    parcels: list[list[Fact]] = [[]]
    weight = 0
    for fact in facts:
        weight += _weight(fact)
        if parcels[-1] and (weight > FACT_CALL_BYTES_MAX or len(parcels[-1]) >= FACTS_PER_CALL_MAX):
            parcels.append([])
            weight = _weight(fact)
        parcels[-1].append(fact)
    return parcels


def _load(queue: deque[tuple[list[Fact], asyncio.Future[Reply]]]) -> Load:
    """As many whole parcels as one call may carry, at least one."""
    load = [queue.popleft()]
    facts = len(load[0][0])
    weight = sum(map(_weight, load[0][0]))
    while queue:
        parcel = queue[0][0]
        facts += len(parcel)
        weight += sum(map(_weight, parcel))
        if facts > FACTS_PER_CALL_MAX or weight > FACT_CALL_BYTES_MAX:
            break
        load.append(queue.popleft())
    return load


def _unload(load: Load, reply: Reply) -> None:
    """Hand each waiting request its part of the answer."""
    start = 0
    for parcel, answer in load:
        part: Reply = reply
        if isinstance(reply, Done):
            part = Done(reply.value[start : start + len(parcel)])
            start += len(parcel)
        if not answer.done():
            answer.set_result(part)
