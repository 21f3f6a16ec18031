"""Facts from JSON to the domain's tuples: the hot door.

The fast way reads well-formed snake_case facts. Whatever it does not accept goes the slow way, which
knows all spellings and tells every fault, fact by fact.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from fastapi import Request

from api.http.body import Parsed, parse, parse_json, read_bytes
from api.http.errors import invalid
from api.http.value_types import INSTANT_MIN_MS
from api.tournaments.fact_requests import FactBody, FactsBody
from config.door_limits import FACT_FAULTS_SHOWN_MAX, FACT_ID_CHARS_MAX, FACT_NAME_CHARS_MAX, HINTS_MAX
from config.limits import FACTS_PER_REQUEST_MAX
from server.domain.money import POINT_PLACES, POINT_SCALE, from_decimal
from server.domain.scoring.fact import Fact
from server.domain.tournament.rules.checks import INSTANT_MAX_MS
from server.encoding.wire import to_ms

# Ten to the ten points in one fact, either way: sums stay far below what JSON numbers carry exactly.
_NUMBER_MAX = 10**10 * POINT_SCALE
_DIGITS_AS_THEY_ARE = 10
_ABSENT = msgspec.Raw(b"null")
_ZEROS = (b"0000", b"000", b"00", b"0", b"")


_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=FACT_ID_CHARS_MAX)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=FACT_NAME_CHARS_MAX)]


class _WireFact(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers stay raw digits: no binary float, and a quoted number or an exponent is seen. Not `| None`:
    msgspec reads a union with Raw as null alone."""

    event_id: _Id
    player: _Name
    kind: _Id = "round"
    points: msgspec.Raw = _ABSENT
    bet: msgspec.Raw = _ABSENT
    win: msgspec.Raw = _ABSENT
    multiplier: msgspec.Raw = _ABSENT
    round_id: _Id | None = None
    opened_at: datetime | None = None
    occurred_at: datetime | None = None
    game: _Id | None = None


class _WireBatch(msgspec.Struct, forbid_unknown_fields=True):
    events: list[_WireFact]


_DECODER = msgspec.json.Decoder(_WireBatch)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A fact that cannot be read: its id, where it has one, and its faults by field."""

    event_id: str | None
    details: dict[str, str]


Given = list[Fact | Unfit]


async def parse_facts(request: Request) -> Given:
    """The facts of a request: `{"events": [...]}`."""
    return await decode_facts(await read_bytes(request))


async def decode_facts(data: bytes) -> Given:
    """JSON to facts, each on its own: one that cannot be read takes no other with it. Raises `ApiError` for
    what is no report at all."""
    try:
        facts: Given = list(quickly(data))
        return facts
    except (msgspec.DecodeError, ValueError):
        # Telling what is wrong takes longer than the loop may be held.
        return await asyncio.to_thread(_slowly, data)


def quickly(data: bytes) -> list[Fact]:
    """The fast way. Raises ValueError or msgspec's errors for whatever it does not take."""
    batch = _DECODER.decode(data).events
    if not 1 <= len(batch) <= FACTS_PER_REQUEST_MAX:
        raise ValueError
    return [_fact(wire) for wire in batch]


def _fact(wire: _WireFact) -> Fact:
    """Raises ValueError when anything is not as it should be: the slow way will say what."""
    return Fact(
        wire.event_id,
        wire.player,
        wire.kind,
        None if wire.points is _ABSENT else scaled(wire.points),
        None if wire.bet is _ABSENT else scaled(wire.bet),
        None if wire.win is _ABSENT else scaled(wire.win),
        None if wire.multiplier is _ABSENT else scaled(wire.multiplier),
        wire.round_id,
        None if wire.opened_at is None else _ms(wire.opened_at),
        None if wire.occurred_at is None else _ms(wire.occurred_at),
        wire.game,
    )


def scaled(raw: msgspec.Raw) -> int | None:
    """A JSON number of at most four places, times POINT_SCALE, exactly. `null` is None.

    Raises ValueError for anything else, also for a quoted number or one with an exponent.
    """
    digits = bytes(raw)
    if digits.isdigit() and len(digits) <= _DIGITS_AS_THEY_ARE:
        return int(digits) * POINT_SCALE
    if digits == b"null":
        return None
    whole, _, places = digits.partition(b".")
    if not whole.removeprefix(b"-").isdigit() or (places and not places.isdigit()):
        raise ValueError
    if len(places) > POINT_PLACES:
        places, rest = places[:POINT_PLACES], places[POINT_PLACES:]
        if rest.strip(b"0"):
            raise ValueError
    number = int(whole + places + _ZEROS[len(places)])
    if not -_NUMBER_MAX <= number <= _NUMBER_MAX:
        raise ValueError
    return number


def _ms(moment: datetime) -> int:
    """Raises ValueError without a zone, or of another century: no game was played then."""
    if moment.tzinfo is None or not INSTANT_MIN_MS <= (ms := to_ms(moment)) < INSTANT_MAX_MS:
        raise ValueError
    return ms


def _slowly(data: bytes) -> Given:
    outer = parse(parse_json(data), FactsBody)
    outer.raise_faults()
    batch = _counted(outer.values["events"], outer.path("events"), FACTS_PER_REQUEST_MAX)
    facts: Given = []
    for parsed, fact in _each(batch):
        faults = dict(islice(parsed.faults.items(), FACT_FAULTS_SHOWN_MAX))
        facts.append(Unfit(parsed.values.get("event_id"), faults) if faults else fact)
    return facts


def _each(batch: list[Any], where: str = "") -> Iterator[tuple[Parsed, Fact]]:
    """Each fact as it was read, with its faults; under `where`, faults name its index. Hints at misspelled
    names cost time, so a request has so many."""
    hints = HINTS_MAX
    for index, given in enumerate(batch):
        parsed = parse(given, FactBody, f"{where}[{index}]." if where else "", hints)
        fact = _from(parsed)
        hints -= len(parsed.faults)
        yield parsed, fact


def _counted(batch: list[Any], where: str, most: int) -> list[Any]:
    if not 1 <= len(batch) <= most:
        raise invalid({where: f"Must have 1 to {most} facts"})
    return batch


def read_facts(batch: list[Any], where: str, most: int) -> list[Fact]:
    """The facts of a parsed list, 1 to `most`. Raises `ApiError` with all faults by index under `where`."""
    faults: dict[str, str] = {}
    facts = []
    for parsed, fact in _each(_counted(batch, where, most), where):
        facts.append(fact)
        faults |= parsed.faults
    if faults:
        raise invalid(faults)
    return facts


def _from(parsed: Parsed) -> Fact:
    values = parsed.values
    return Fact(
        values.get("event_id", ""),
        values.get("player", ""),
        values.get("kind", "round"),
        _number(parsed, "points"),
        _number(parsed, "bet"),
        _number(parsed, "win"),
        _number(parsed, "multiplier"),
        values.get("round_id"),
        values.get("opened_at"),
        values.get("occurred_at"),
        values.get("game"),
    )


def _number(parsed: Parsed, name: str) -> int | None:
    value: Any = parsed.values.get(name)
    if value is None:
        return None
    exact = from_decimal(value, POINT_PLACES)
    if exact is None or abs(exact) > _NUMBER_MAX:
        parsed.faults[parsed.spelled[name]] = f"Must have at most {POINT_PLACES} places, within limits"
    return exact
