"""Tournaments as callers read them. Pure rendering."""

from typing import Any

from api.answers import money_answers, tournament_answers, views_rules
from api.answers.amounts import money, pool, there_is
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.money.prizes import pool_minor
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant, instant_or_none
from server.encoding.wire_names import wire_name


def created(summary: Summary) -> tournament_answers.CreatedTournament:
    """The printed answer to create: always `scheduled`, also when registration opened at once."""
    return tournament_answers.CreatedTournament(
        tournament_id=summary.id,
        tournament_id_too=summary.id,
        status=Status.SCHEDULED,
        estimated_prize_pool=money(summary, pool_minor(summary.rules.prize_pool, 0)),
        tournament=tournament_answers.CreatedHead(
            id=summary.id,
            name=summary.rules.name,
            operator_id=summary.tenant.operator_id,
            status=Status.SCHEDULED,
            games=games(summary),
        ),
    )


def spelled_fields(names: tuple[str, ...]) -> list[str]:
    """Domain fields of the rules as callers know them."""
    return sorted(wire_name(name) for name in names)


def games(summary: Summary) -> list[tournament_answers.TournamentGame]:
    """The games of a tournament, as printed."""
    return [tournament_answers.TournamentGame(slug=summary.rules.game_slug, config={}, status="active")]


def registration_status(summary: Summary, now_ms: int) -> tournament_answers.RegistrationStatus:
    """`not_open`, `open`, `full` or `closed`."""
    rules = summary.rules
    if summary.status is Status.SCHEDULED:
        return "not_open"
    if not rules.takes_entries(summary.status, summary.started_at_ms, now_ms, summary.round_no):
        return "closed"
    return "full" if rules.max_players is not None and summary.players >= rules.max_players else "open"


def detail(summary: Summary, now_ms: int) -> tournament_answers.Tournament:
    """Everything about one tournament."""
    rules = summary.rules
    return tournament_answers.Tournament(
        tournament_id=summary.id,
        operator_id=summary.tenant.operator_id,
        name=rules.name,
        description=rules.description,
        external_id=rules.external_id,
        status=summary.status,
        results_status=summary.results_status,
        game_slug=rules.game_slug,
        games=games(summary),
        format=rules.format,
        lobby=None if rules.lobby is None else tournament_answers.Lobby(id=rules.lobby, number=rules.lobby_no),
        **_times(summary, now_ms),
        rounds=views_rules.rounds(rules),
        late_registration_minutes=rules.late_registration_ms // 60_000,
        late_registration_rounds=rules.late_registration_rounds,
        on_min_players_missed=rules.on_min_players_missed,
        wait_until=instant_or_none(rules.wait_until_ms),
        min_players=rules.min_players,
        max_players=rules.max_players,
        current_players=summary.players,
        currency=rules.currency,
        entry_fee=money(summary, rules.buy_in_minor),
        fee=money(summary, rules.fee_minor),
        rebuy_enabled=rules.rebuy_enabled,
        rebuy_fee=money(summary, rules.rebuy_fee_minor),
        max_entries_per_player=rules.max_entries_per_player,
        rebuy_deadline=instant_or_none(rules.rebuy_deadline_ms),
        add_on=views_rules.add_on(rules),
        prize_pool=pool(summary),
        config=views_rules.config(rules),
        fairness_commitment=None if rules.room is None else rules.room.commitment,
        visibility="public" if rules.public else "private",
        rules_version=rules.rules_version,
    )


def _times(summary: Summary, now_ms: int) -> dict[str, Any]:
    rules = summary.rules
    return {
        "start_time": start_time(summary),
        "end_time": end_time(summary),
        "actual_start_time": instant_or_none(summary.started_at_ms),
        "completed_at": instant_or_none(summary.completed_at_ms),
        "cancelled_at": instant_or_none(summary.cancelled_at_ms),
        "cancel_reason": summary.cancel_reason,
        "created_at": instant(summary.created_at_ms),
        "registration_opens": instant(rules.entry_opens_ms(summary.created_at_ms)),
        "registration_closes": None if hops(rules) else instant(rules.entry_closes_ms()),
        "registration_status": registration_status(summary, now_ms),
    }


def hops(rules: Rules) -> bool:
    """Whether it is started by players instead of the clock."""
    return rules.format == "hop_on_off"


def start_time(summary: Summary) -> str | None:
    """When it starts or started; a hop-on/off tournament cannot know before."""
    rules = summary.rules
    return instant_or_none(summary.started_at_ms if hops(rules) else rules.start_at_ms)


def end_time(summary: Summary) -> str | None:
    """When play ends or is planned to."""
    rules = summary.rules
    unknown = hops(rules) and summary.started_at_ms is None
    return None if unknown else instant(rules.planned_end_ms(summary.started_at_ms))


def rounds_of(summary: Summary) -> dict[str, int]:
    """Which round is on, of how many. A tournament without rounds is one round."""
    if summary.rules.rounds is None:
        return {"current": 0 if summary.started_at_ms is None else 1, "total": 1}
    return {"current": summary.round_no, "total": summary.rules.rounds.count}


def status(summary: Summary, now_ms: int, connections: int) -> tournament_answers.TournamentStatus:
    """The printed status page."""
    rules, rounds = summary.rules, rounds_of(summary)
    return tournament_answers.TournamentStatus(
        tournament_id=summary.id,
        status=summary.status,
        results_status=summary.results_status,
        current_players=summary.players,
        max_players=rules.max_players,
        players_left=summary.in_play,
        start_time=start_time(summary),
        actual_start_time=instant_or_none(summary.started_at_ms),
        estimated_end_time=instant_or_none(summary.completed_at_ms) or end_time(summary),
        current_round=rounds["current"],
        total_rounds=rounds["total"],
        round_state=summary.round_state,
        open_reviews=summary.reviews,
        registration_status=registration_status(summary, now_ms),
        prize_pool=money_answers.PoolTotal(total_amount=there_is(summary), currency=rules.currency),
        game_room=tournament_answers.GameRoom(
            room_id=room_id(summary.id),
            status=room_status(summary.status),
            active_connections=connections,
        ),
    )


def room_id(tournament_id: str) -> str:
    """The game room of a tournament."""
    return f"room_{tournament_id}"


def room_status(of: Status) -> tournament_answers.RoomStatus:
    """A room waits for play, is active in it, and is closed after it."""
    if is_over(of):
        return "closed"
    return "active" if of is Status.IN_PROGRESS else "waiting"


def listed(summary: Summary) -> tournament_answers.TournamentLine:
    """One printed line of the list."""
    return tournament_answers.TournamentLine(
        tournament_id=summary.id,
        name=summary.rules.name,
        status=summary.status,
        start_time=start_time(summary),
        format=summary.rules.format,
        current_players=summary.players,
        max_players=summary.rules.max_players,
        prize_pool=there_is(summary),
        game_slug=summary.rules.game_slug,
        external_id=summary.rules.external_id,
        currency=summary.rules.currency,
    )


def cancelled(summary: Summary, players: int, refund_minor: int) -> tournament_answers.CancelledTournament:
    """The printed answer to cancel."""
    return tournament_answers.CancelledTournament(
        tournament_id=summary.id,
        status=summary.status,
        cancelled_at=instant_or_none(summary.cancelled_at_ms),
        reason=summary.cancel_reason,
        players_refunded=players,
        refund_amount=money(summary, refund_minor),
    )
