"""The end of a round: who goes out, and the next one."""

from server.domain.tournament import events as fact
from server.domain.tournament.state import Tournament


def next_round(state: Tournament) -> list[fact.Event]:
    """Close the running round, which is not the last, and begin the next."""
    out = eliminated(state)
    over = fact.RoundCompleted(state.round_no, out)
    # With at most one player left there is nothing to play for: the schedule completes it next.
    return [over] if out and state.in_play - len(out) <= 1 else [over, fact.RoundStarted(state.round_no + 1)]


def eliminated(state: Tournament) -> tuple[int, ...]:
    """Who goes out if the round ended now, worst first: from the bottom of those in play."""
    rounds = state.rules.rounds
    assert rounds is not None, "only rounds eliminate"
    paid_places = len(state.rules.prize_pool.shares_for(state.seated))
    out = rounds.eliminated_of(state.in_play, paid_places)
    board = state.ranking.page(0, len(state.ranking))
    in_play = [row.player_no for row in board if state.entries[row.player_no].is_in_play]
    return tuple(reversed(in_play[len(in_play) - out :]))
