"""The configuration of a tournament as callers read it back: what they sent, with every default told."""

from typing import Any

from server.domain.money import points_or_none, points_to_decimal, to_decimal
from server.domain.scoring.models import Scoring
from server.domain.tournament.rules.rules import Rules
from server.encoding.wire import instant_or_none


def config(rules: Rules) -> dict[str, Any]:
    """How winners are decided, and the policies."""
    return {
        "tournamentType": rules.scoring.model,
        "scoring": scoring(rules.scoring),
        "tieBreakers": list(rules.scoring.ties),
        "tiePrizes": rules.prize_pool.ties,
        "entryScoring": rules.entry_scoring,
        "graceSeconds": rules.grace_ms // 1_000,
        "payoutApproval": rules.payout_approval,
        "forfeitedPrizes": rules.forfeited_prizes,
        "cancellationPolicy": rules.cancellation_policy,
    }


def scoring(of: Scoring) -> dict[str, Any]:
    """Parameters and modifiers; those that the model does not have are null."""
    qualify = of.qualify
    return {
        "version": of.version,
        "n": of.n,
        "target": points_or_none(of.target),
        "metric": of.metric,
        "minBet": points_or_none(of.min_bet),
        "maxBet": points_or_none(of.max_bet),
        "gameWeights": {game: points_to_decimal(weight) for game, weight in of.game_weights},
        "qualify": {
            "minRounds": qualify.min_rounds,
            "minWagered": points_to_decimal(qualify.min_wagered),
            "minScore": points_or_none(qualify.min_score),
        },
        "direction": of.direction,
    }


def rounds(rules: Rules) -> dict[str, Any] | None:
    """The rounds, null where there are none."""
    of = rules.rounds
    if of is None:
        return None
    return {
        "count": of.count,
        "durationSeconds": of.duration_ms // 1_000,
        "eliminationRate": points_or_none(of.elimination_rate),
        "eliminate": of.eliminate,
        "survivors": of.survivors,
        "pacedBy": of.paced_by,
        "eliminatedBy": of.eliminated_by,
    }


def add_on(rules: Rules) -> dict[str, Any] | None:
    """The add-on, null where there is none."""
    of = rules.add_on
    if of is None:
        return None
    return {
        "price": to_decimal(of.price_minor, rules.currency_places),
        "points": points_to_decimal(of.points),
        "maxPerPlayer": of.most_per_player,
        "deadline": instant_or_none(of.deadline_ms),
    }
