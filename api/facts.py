"""Facts from JSON to the domain's tuples: the hot door.

The fast way reads well-formed snake_case facts. Whatever it does not accept goes the slow way, which
knows all spellings and tells every fault.
"""

from datetime import datetime
from typing import Any

import msgspec
from fastapi import Request

from api.body import Parsed, parse, parse_json, read_bytes
from api.errors import invalid
from api.schemas.facts import FactBody, FactsBody
from config.limits import FACTS_PER_REQUEST_MAX
from server.domain.money import POINT_PLACES, POINT_SCALE, from_decimal
from server.domain.scoring.fact import Fact
from server.wire import to_ms

_ID_MAX = 128
_NAME_MAX = 512
# Ten to the ten points in one fact, either way: sums stay far below what JSON numbers carry exactly.
_NUMBER_MAX = 10**10 * POINT_SCALE
_ABSENT = msgspec.Raw(b"null")
_ZEROS = (b"0000", b"000", b"00", b"0", b"")


class _WireFact(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers stay raw digits: no binary float, and a quoted number or an exponent is seen. Not `| None`:
    msgspec reads a union with Raw as null alone."""

    event_id: str
    player: str
    kind: str = "round"
    points: msgspec.Raw = _ABSENT
    bet: msgspec.Raw = _ABSENT
    win: msgspec.Raw = _ABSENT
    multiplier: msgspec.Raw = _ABSENT
    round_id: str | None = None
    opened_at: datetime | None = None
    occurred_at: datetime | None = None
    game: str | None = None


class _WireBatch(msgspec.Struct, forbid_unknown_fields=True):
    events: list[_WireFact]


_DECODER = msgspec.json.Decoder(_WireBatch)


async def parse_facts(request: Request) -> list[Fact]:
    """The facts of a request: `{"events": [...]}`. All faults are told at once, by index."""
    return decode_facts(await read_bytes(request))


def decode_facts(data: bytes) -> list[Fact]:
    """JSON to facts. Raises `ApiError`; nothing is taken when anything is wrong."""
    try:
        return quickly(data)
    except (msgspec.DecodeError, ValueError):
        return _slowly(data)


def quickly(data: bytes) -> list[Fact]:
    """The fast way. Raises ValueError or msgspec's errors for whatever it does not take."""
    batch = _DECODER.decode(data).events
    if not 1 <= len(batch) <= FACTS_PER_REQUEST_MAX:
        raise ValueError
    return [_fact(wire) for wire in batch]


def _fact(wire: _WireFact) -> Fact:
    """Raises ValueError when anything is not as it should be: the slow way will say what."""
    if not 1 <= len(wire.event_id) <= _ID_MAX or not 1 <= len(wire.player) <= _NAME_MAX:
        raise ValueError
    if len(wire.kind) > _ID_MAX or (wire.round_id is not None and len(wire.round_id) > _ID_MAX):
        raise ValueError
    if wire.game is not None and not 1 <= len(wire.game) <= _ID_MAX:
        raise ValueError
    return Fact(
        wire.event_id,
        wire.player,
        wire.kind,
        scaled(wire.points),
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
    """Raises ValueError without a zone, or before 1970: no game was played then."""
    if moment.tzinfo is None or (ms := to_ms(moment)) < 0:
        raise ValueError
    return ms


def _slowly(data: bytes) -> list[Fact]:
    outer = parse(parse_json(data), FactsBody)
    outer.raise_faults()
    return read_facts(outer.values["events"], outer.path("events"), FACTS_PER_REQUEST_MAX)


def read_facts(batch: list[Any], where: str, most: int) -> list[Fact]:
    """The facts of a parsed list, 1 to `most`. Raises `ApiError` with all faults by index under `where`."""
    if not 1 <= len(batch) <= most:
        raise invalid({where: f"Must have 1 to {most} facts"})
    faults: dict[str, str] = {}
    facts = []
    for index, given in enumerate(batch):
        parsed = parse(given, FactBody, f"{where}[{index}].")
        facts.append(_from(parsed))
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
        _instant(parsed, "opened_at"),
        _instant(parsed, "occurred_at"),
        values.get("game"),
    )


def _instant(parsed: Parsed, name: str) -> int | None:
    ms: int | None = parsed.values.get(name)
    if ms is not None and ms < 0:
        parsed.faults[parsed.spelled[name]] = "Must not be before 1970"
    return ms


def _number(parsed: Parsed, name: str) -> int | None:
    value: Any = parsed.values.get(name)
    if value is None:
        return None
    exact = from_decimal(value, POINT_PLACES)
    if exact is None or abs(exact) > _NUMBER_MAX:
        parsed.faults[parsed.spelled[name]] = f"Must have at most {POINT_PLACES} places, within limits"
    return exact
