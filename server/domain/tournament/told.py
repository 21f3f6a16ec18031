"""How many public events a domain event makes. The state counts them, so each gets a number without a gap."""

from server.domain.tournament import events
from server.domain.tournament.money.payouts import PayoutState


def public_events(event: events.Event, has_rounds: bool, owed: int) -> int:
    """The event itself, what comes with it, and each of the `owed` payouts that it makes. A movement of
    payouts is told line by line, but for retries: they are the house's own affair."""
    match event:
        case events.PayoutsMoved():
            return sum(step.state != PayoutState.RETRY_SCHEDULED for step in event.steps)
        case events.RoundCompleted() if event.told_as >= 2:
            return 1 + len(event.eliminated)
        case events.Started() if event.told_as >= 2:
            return 1 + has_rounds
        case events.ReviewDecided():
            return 1 + len(event.forfeits) + owed
    return 1 + owed
