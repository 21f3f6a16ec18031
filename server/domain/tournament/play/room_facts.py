"""What a room means to its tournament: facts, and whether a flight is in the air."""

from collections.abc import Sequence
from typing import Final

from server.domain.ids import internal_player_id
from server.domain.money import POINT_SCALE
from server.domain.rooms.beacon import BEACONS, randomness_of
from server.domain.rooms.fairness import entrants_digest, salt_of
from server.domain.rooms.inputs import Batch, Input, Kind, RoomFact
from server.domain.scoring.fact import Counted, Fact
from server.domain.tournament import events
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.play.cutoff import bell_of
from server.domain.tournament.play.facts import count
from server.domain.tournament.state import Entry, Tournament

_PREFIX: Final = "room:"
_HUNDRED: Final = 100


def event_id_of(flight: int, player_no: int) -> str:
    """The reserved id of a room's fact: one a player and flight."""
    return f"{_PREFIX}{flight}:{player_no}"


def take_batch(state: Tournament, batch: Batch) -> None:
    """Apply a batch without its game: it takes a journal position, and each of its facts the next one."""
    state.seq += 1
    count(state, batch.facts, remember=False)
    record = state.room
    record.flight, record.in_air, record.is_done = batch.flight, batch.in_air, batch.done
    record.version = batch.version
    for one in batch.inputs:
        if one.kind == Kind.OPENS and one.word:
            record.salt = one.word
    for flight, link in batch.reveals:
        record.link_flight, record.link = flight, link


def close_list(state: Tournament, at_ms: int) -> None:
    """At the start the list of entrants closes, and it is certain which round of the beacon it is salted
    with."""
    rules, record = state.rules.room, state.room
    if rules is None:
        return
    playing = [entry for entry in state.entries if entry.is_in_play]
    ids = (internal_player_id(state.id, one.player_id, one.player_no) for one in playing)
    record.entrants, record.entrants_digest = len(playing), entrants_digest(ids)
    if rules.beacon:
        record.beacon_round = BEACONS[rules.beacon].for_list_closed_at(at_ms)


def awaited_round(state: Tournament) -> int | None:
    """The round of the beacon that the room of a tournament in play waits for."""
    waits = state.status is Status.IN_PROGRESS and state.room.awaits_beacon
    return state.room.beacon_round if waits else None


def awaited_ms(state: Tournament) -> int | None:
    """When that round comes."""
    number = awaited_round(state)
    if number is None or state.rules.room is None:
        return None
    return BEACONS[state.rules.room.beacon].instant_of(number)


def salt_for(state: Tournament) -> str:
    """The salt that follows from what was committed to, who entered, and the beacon where there is one."""
    assert state.rules.room is not None, "only rooms have a salt"
    beacon = bytes.fromhex(state.room.beacon)
    random = randomness_of(beacon) if beacon else b""
    return salt_of(bytes.fromhex(state.rules.room.commitment), state.room.entrants_digest, random)


def may_count(state: Tournament, player_no: int) -> bool:
    """Whether a room's fact of a player may count: not of one who is gone, or whose sums are full, and none
    once results are final."""
    if state.results_status is ResultsStatus.FINAL or state.status is Status.CANCELLED:
        return False
    return state.entries[player_no].is_in_play and player_no not in state.full


def counted_of(state: Tournament, facts: Sequence[RoomFact]) -> list[Counted]:
    """Those of a room's facts that may count, as they are journaled."""
    return [
        Counted(one.player, fact_of(state, one), one.at_ms) for one in facts if may_count(state, one.player)
    ]


def fact_of(state: Tournament, one: RoomFact) -> Fact:
    """A room's fact as every model reads it."""
    multiplier = None if one.multiplier is None else one.multiplier * (POINT_SCALE // _HUNDRED)
    return Fact(
        event_id=event_id_of(one.flight, one.player),
        player=state.entries[one.player].player_id,
        kind="flight",
        points=one.points * POINT_SCALE,
        bet=one.bet * POINT_SCALE,
        win=one.win * POINT_SCALE,
        multiplier=multiplier,
        round_id=str(one.flight),
        opened_at_ms=one.opened_ms,
        occurred_at_ms=one.at_ms,
        game=state.rules.game_slug,
    )


def opening(state: Tournament, stamp_us: int) -> list[Input]:
    """What a room is told when it opens: the salt of all chance, who plays, and what was bought beyond an
    entry."""
    assert state.rules.room is not None and state.started_at_ms is not None, "a room opens in play"
    playing = [entry for entry in state.entries if entry.is_in_play]
    players = tuple(entry.player_no for entry in playing)
    inputs = [_opens(state, salt_for(state), stamp_us, players)]
    for entry in playing:
        more = max(entry.entries - 1, 0) + entry.add_ons()
        if more:
            credits_bought = more * state.rules.room.starting_credits
            inputs.append(_gives(Kind.GETS, entry.player_no, credits_bought, stamp_us))
    return inputs


def inputs_of(event: events.Event, state: Tournament, stamp_us: int = 0) -> list[Input]:
    """What a room that is open is told of an event; `state` is that after it."""
    room = state.rules.room
    if room is None:
        return []
    match event:
        case events.RoundStarted():
            return [_opens(state, "", stamp_us, ())]
        case events.Registered() if state.started_at_ms is not None:
            return [_gives(Kind.ENTERS, event.player_no, room.starting_credits, stamp_us)]
        case events.Rebought():
            best = state.rules.entry_scoring == "best_entry"
            bought = room.starting_credits * (1 if best else event.entries)
            return [_gives(Kind.GETS, event.player_no, bought, stamp_us, replaces=best)]
        case events.AddOnBought():
            return [_gives(Kind.GETS, event.player_no, room.starting_credits, stamp_us)]
        case events.Removed() | events.Disqualified() | events.PlayerEliminated():
            return [_goes(state.entries[event.player_no], stamp_us)]
        case events.RoundCompleted():
            return [_goes(state.entries[player_no], stamp_us) for player_no in event.eliminated]
        case events.Completed() | events.Cancelled():
            why = "completed" if isinstance(event, events.Completed) else "cancelled"
            return [Input(Kind.CLOSES, stamp_us, word=why)]
    return []


def _opens(state: Tournament, salt: str, stamp_us: int, players: tuple[int, ...]) -> Input:
    """Room time and the tournament's may differ by a little: no flight begins before the round did."""
    from_ms = state.round_started_ms if state.round_no else state.started_at_ms or 0
    bell_ms = bell_of(state)
    return Input(Kind.OPENS, stamp_us, word=salt, amount=bell_ms, from_ms=max(from_ms, 0), players=players)


def _gives(kind: Kind, player_no: int, amount: int, stamp_us: int, *, replaces: bool = False) -> Input:
    word = "replaces" if replaces else ""
    return Input(kind, stamp_us, player=player_no, amount=amount, word=word)


def _goes(entry: Entry, stamp_us: int) -> Input:
    why = "disqualified" if entry.disqualified else "removed" if entry.removed else "eliminated"
    return Input(Kind.GOES, stamp_us, player=entry.player_no, word=why)
