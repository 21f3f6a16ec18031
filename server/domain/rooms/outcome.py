"""What a room needs from outside, and what a batch of inputs leads to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.domain.rooms.desk import Links, Names
from server.domain.rooms.inputs import RoomFact, Shown, Told, Unseated


@dataclass(frozen=True, slots=True)
class Tools:
    """What a room needs from outside: how answers are encoded, how arguments are read, how players are called,
    the links of the chain, and whom to tell that the game failed."""

    encode: Callable[[Mapping[str, Any]], bytes]
    parse: Callable[[bytes], Mapping[str, Any]]
    names: Names
    links: Links
    failed: Callable[[str, Exception], None]


@dataclass(slots=True)
class Outcome:
    """What a batch leads to. `answers` has one for each input, None where nothing is answered; `touched` are
    the players whose own view may have changed."""

    answers: list[bytes | None] = field(default_factory=list)
    facts: list[RoomFact] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    unseated: list[Unseated] = field(default_factory=list)
    voided: list[int] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    reveals: list[tuple[int, bytes]] = field(default_factory=list)
