"""Rounds: who goes out at the end of one, the next one, and what the game itself may decide."""

from server.domain.refusal import Code, Detail, Refusal
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import commands, events
from server.domain.tournament.lifecycle import Status
from server.domain.tournament.play.facts import digest_of, outcome_before
from server.domain.tournament.state import Tournament


def next_round(state: Tournament) -> list[events.Event]:
    """Close the running round, which is not the last, and begin the next, unless the game does that."""
    rounds = state.rules.rounds
    out = eliminated(state)
    over = events.RoundCompleted(state.round_no, out, events.TOLD_AS)
    # With at most one player left there is nothing to play for: the schedule completes it next.
    decided = out and state.in_play - len(out) <= 1
    waits = rounds is not None and rounds.paced_by == "game"
    return [over] if decided or waits else [over, events.RoundStarted(state.round_no + 1)]


def eliminated(state: Tournament) -> tuple[int, ...]:
    """Who goes out by rank if the round ended now, worst first: from the bottom of those in play."""
    rounds = state.rules.rounds
    assert rounds is not None, "only rounds eliminate"
    if rounds.eliminated_by == "game":
        return ()
    paid_places = len(state.rules.prize_pool.shares_for(state.seated))
    out = rounds.eliminated_of(state.in_play, paid_places)
    board = state.ranking.page(0, len(state.ranking))
    in_play = [row.player_no for row in board if state.entries[row.player_no].is_in_play]
    return tuple(reversed(in_play[len(in_play) - out :]))


def pace(state: Tournament, command: commands.PaceRound, now_ms: int) -> list[events.Event]:
    """The game ends the running round, or starts the next one once the grace of the last is over."""
    rounds, asked, current = state.rules.rounds, command.round_no, state.round_no
    if rounds is None or rounds.paced_by != "game":
        raise _refused(state, "not_paced_by_game", "The rounds of this tournament are not the game's to pace")
    if state.status is not Status.IN_PROGRESS:
        raise _refused(state, "not_in_progress", "Only a tournament in progress has rounds to pace")
    if command.action == "end":
        if asked > current:
            raise _refused(state, "not_started", f"Round {asked} has not started")
        running = asked == current and state.round_ended_ms is None and not state.between_rounds
        return [events.RoundEnded(current)] if running else []
    if asked <= current:
        return []
    if asked == current + 1 and state.between_rounds:
        return [events.RoundStarted(asked)]
    message = f"Round {asked} can start once round {asked - 1} and its grace are over"
    raise _refused(state, "round_open", message)


def put_out(state: Tournament, fact: Fact, now_ms: int) -> tuple[Outcome, list[events.Event]]:
    """What becomes of an elimination that the game reports. The last player in play cannot go out."""
    outcome = outcome_before(state, fact, digest_of(fact.event_id))
    rounds = state.rules.rounds
    if outcome is not None:
        return outcome, []
    if state.status is not Status.IN_PROGRESS:
        return Outcome.AFTER_BELL, []
    if rounds is None or rounds.eliminated_by != "game" or state.in_play <= 1:
        return Outcome.NOT_ALLOWED, []
    player_no = state.entry_named(fact.player).player_no
    return Outcome.ACCEPTED, [events.PlayerEliminated(player_no, state.round_no, fact.event_id)]


def _refused(state: Tournament, rule: str, message: str) -> Refusal:
    detail: Detail = {"rule": rule, "round": state.round_no, "status": state.status.value}
    return Refusal(Code.ROUND_NOT_ALLOWED, message, detail)
