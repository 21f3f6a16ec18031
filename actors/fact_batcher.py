"""Facts on their way to owners: a few calls per tournament at a time, everything that waits goes along.

While the owner stores what one lane brought, the next call of another is made.
"""

import asyncio
import logging
from collections import Counter, deque
from typing import NamedTuple

from actors.directory import Directory
from actors.replies import Done, Failed, Refused, Reply, Unavailable
from actors.requests import ReportFacts
from config.limits import FACT_CALL_BYTES_MAX, FACT_LANES, FACTS_PER_CALL_MAX
from config.origin import within
from server.domain.scoring.fact import OUTCOMES, Fact, Outcome
from server.encoding.codec import encode_facts
from server.runtime import tracing
from server.runtime.loops import lasting

log = logging.getLogger(__name__)

# What a fact weighs in a message, at least, beside its texts.
_FACT_OVERHEAD_BYTES = 40

Outcomes = list[Outcome]


class Parcel(NamedTuple):
    """Facts that travel together, what they weigh, and who waits for their outcomes."""

    facts: list[Fact]
    weight: int
    answer: "asyncio.Future[Reply]"


Queue = deque[Parcel]


class FactBatcher:
    """Coalesces the fact requests of one front end. The answer comes when the facts are durable. `outcomes`
    are those of all so far."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.outcomes: Counter[Outcome] = Counter()
        self._queues: dict[tuple[str, int], Queue] = {}

    async def send(
        self, tournament_id: str, facts: list[Fact], *, ordered: bool = True
    ) -> Outcomes | Refused | Unavailable | Failed:
        """One outcome per fact, in order; or why the owner could not take them. What is sent `ordered` is
        judged in the order in which it was sent, also when no answer was waited for in between."""
        outcomes: Outcomes = []
        lane = (tournament_id, 0 if ordered else self._lane_of(tournament_id))
        for answer in [self._post(lane, *part) for part in _parts(facts)]:
            reply = await answer
            if not isinstance(reply, Done):
                return reply
            outcomes += [OUTCOMES[code] for code in reply.value]
        self.outcomes.update(outcomes)
        return outcomes

    def _lane_of(self, tournament_id: str) -> int:
        """The one in which least waits; one that is idle before all others."""
        waiting = [self._queues.get((tournament_id, n)) for n in range(FACT_LANES)]
        return min(range(FACT_LANES), key=lambda n: -1 if (queue := waiting[n]) is None else len(queue))

    def _post(self, lane: tuple[str, int], facts: list[Fact], weight: int) -> "asyncio.Future[Reply]":
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(lane)
        if queue is None:
            queue = self._queues[lane] = deque()
            lasting(self._drive(lane, queue))
        queue.append(Parcel(facts, weight, tracing.kept(answer)))
        return answer

    async def _drive(self, lane: tuple[str, int], queue: Queue) -> None:
        """Call after call until the queue is empty; then the queue goes away."""
        load, tournament_id = list[Parcel](), lane[0]
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
            self._queues.pop(lane, None)
            _unload([*load, *queue], Unavailable("batcher stopped"))

    async def _ask(self, tournament_id: str, load: list[Parcel]) -> Reply:
        message = ReportFacts(encode_facts([fact for parcel in load for fact in parcel.facts]))
        with within(tracing.origin_of(load[0].answer)):
            return await self._directory.ask(tournament_id, message)


def _weight(fact: Fact) -> int:
    return _FACT_OVERHEAD_BYTES + len(fact.event_id) + len(fact.player) + len(fact.round_id or "")


def _parts(facts: list[Fact]) -> list[tuple[list[Fact], int]]:
    """A request, cut where it is too large for one call; each part with its weight."""
    parts, first, weight = list[tuple[list[Fact], int]](), 0, 0
    for n, fact in enumerate(facts):
        more = _weight(fact)
        if n > first and (weight + more > FACT_CALL_BYTES_MAX or n - first >= FACTS_PER_CALL_MAX):
            parts.append((facts[first:n], weight))
            first, weight = n, 0
        weight += more
    return [*parts, (facts[first:], weight)]


def _load(queue: Queue) -> list[Parcel]:
    """As many whole parcels as one call may carry, at least one."""
    load = [queue.popleft()]
    facts, weight = len(load[0].facts), load[0].weight
    while queue:
        facts += len(queue[0].facts)
        weight += queue[0].weight
        if facts > FACTS_PER_CALL_MAX or weight > FACT_CALL_BYTES_MAX:
            break
        load.append(queue.popleft())
    return load


def _unload(load: list[Parcel], reply: Reply) -> None:
    """Hand each waiting request its part of the answer."""
    start = 0
    for parcel in load:
        part: Reply = reply
        if isinstance(reply, Done):
            part = Done(reply.value[start : start + len(parcel.facts)])
            start += len(parcel.facts)
        if not parcel.answer.done():
            parcel.answer.set_result(part)
