"""The configuration of a tournament as callers read it back: what they sent, with every default told."""

from api.answers import tournament_answers
from server.domain.money import points_or_none, points_to_decimal, to_decimal
from server.domain.scoring.declaration import Scoring
from server.domain.tournament.rules.rules import Rules
from server.encoding.wire import instant_or_none
from server.encoding.wire_names import ROOM_SETTINGS


def config(rules: Rules) -> tournament_answers.TournamentConfig:
    """How winners are decided, and the policies."""
    settings = {} if rules.room is None else dict(rules.room.settings)
    return tournament_answers.TournamentConfig(
        tournament_type=rules.scoring.model,
        scoring=scoring(rules.scoring),
        tie_breakers=list(rules.scoring.ties),
        tie_prizes=rules.prize_pool.ties,
        entry_scoring=rules.entry_scoring,
        grace_seconds=rules.grace_ms // 1_000,
        payout_approval=rules.payout_approval,
        forfeited_prizes=rules.forfeited_prizes,
        cancellation_policy=rules.cancellation_policy,
        source="platform" if rules.room is None else "room",
        beacon=None if rules.room is None else rules.room.beacon or None,
        **{name: settings.pop(name, None) for name in ROOM_SETTINGS},
        game_settings=settings,
    )


def scoring(of: Scoring) -> tournament_answers.Scoring:
    """Parameters and modifiers; those that the model does not have are null."""
    qualify = of.qualify
    return tournament_answers.Scoring(
        version=of.version,
        n=of.n,
        target=points_or_none(of.target),
        metric=of.metric,
        min_bet=points_or_none(of.min_bet),
        max_bet=points_or_none(of.max_bet),
        game_weights={game: points_to_decimal(weight) for game, weight in of.game_weights},
        qualify=tournament_answers.Qualify(
            min_rounds=qualify.min_rounds,
            min_wagered=points_to_decimal(qualify.min_wagered),
            min_score=points_or_none(qualify.min_score),
        ),
        direction=of.direction,
    )


def rounds(rules: Rules) -> tournament_answers.Rounds | None:
    """The rounds, null where there are none."""
    of = rules.rounds
    if of is None:
        return None
    return tournament_answers.Rounds(
        count=of.count,
        duration_seconds=of.duration_ms // 1_000,
        elimination_rate=points_or_none(of.elimination_rate),
        eliminate=of.eliminate,
        survivors=of.survivors,
        paced_by=of.paced_by,
        eliminated_by=of.eliminated_by,
    )


def add_on(rules: Rules) -> tournament_answers.AddOn | None:
    """The add-on, null where there is none."""
    of = rules.add_on
    if of is None:
        return None
    return tournament_answers.AddOn(
        price=to_decimal(of.price_minor, rules.currency_places),
        points=points_to_decimal(of.points),
        max_per_player=of.most_per_player,
        deadline=instant_or_none(of.deadline_ms),
    )
