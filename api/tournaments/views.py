"""What callers read: printed shapes where there are any, camelCase elsewhere. Pure rendering."""

from typing import Any

from api.tournaments import views_rules
from api.tournaments.amounts import money, pool, there_is
from server.domain.tournament.lifecycle import Status, is_over
from server.domain.tournament.money.prizes import pool_minor
from server.domain.tournament.rules.rules import Rules
from server.domain.tournament.summary import Summary
from server.encoding.wire import instant, instant_or_none
from server.encoding.wire_names import wire_name


def created(summary: Summary) -> dict[str, Any]:
    """The printed answer to create: always `scheduled`, also when registration opened at once."""
    return {
        "tournament_id": summary.id,
        "tournamentId": summary.id,
        "status": Status.SCHEDULED.value,
        "estimated_prize_pool": money(summary, pool_minor(summary.rules.prize_pool, 0)),
        "tournament": {
            "id": summary.id,
            "name": summary.rules.name,
            "operator_id": summary.tenant.operator_id,
            "status": Status.SCHEDULED.value,
            "games": games(summary),
        },
    }


def spelled_fields(names: tuple[str, ...]) -> list[str]:
    """Domain fields of the rules as callers know them."""
    return sorted(wire_name(name) for name in names)


def games(summary: Summary) -> list[dict[str, Any]]:
    """The games of a tournament, as printed."""
    return [{"slug": summary.rules.game_slug, "config": {}, "status": "active"}]


def registration_status(summary: Summary, now_ms: int) -> str:
    """`not_open`, `open`, `full` or `closed`."""
    rules = summary.rules
    if summary.status is Status.SCHEDULED:
        return "not_open"
    if not rules.takes_entries(summary.status, summary.started_at_ms, now_ms, summary.round_no):
        return "closed"
    return "full" if rules.max_players is not None and summary.players >= rules.max_players else "open"


def detail(summary: Summary, now_ms: int) -> dict[str, Any]:
    """Everything about one tournament."""
    rules = summary.rules
    return {
        "tournamentId": summary.id,
        "operatorId": summary.tenant.operator_id,
        "name": rules.name,
        "description": rules.description,
        "externalId": rules.external_id,
        "status": summary.status.value,
        "resultsStatus": summary.results_status.value,
        "gameSlug": rules.game_slug,
        "games": games(summary),
        "format": rules.format,
        "lobby": None if rules.lobby is None else {"id": rules.lobby, "number": rules.lobby_no},
        **_times(summary, now_ms),
        "rounds": views_rules.rounds(rules),
        "lateRegistrationMinutes": rules.late_registration_ms // 60_000,
        "lateRegistrationRounds": rules.late_registration_rounds,
        "onMinPlayersMissed": rules.on_min_players_missed,
        "waitUntil": instant_or_none(rules.wait_until_ms),
        "minPlayers": rules.min_players,
        "maxPlayers": rules.max_players,
        "currentPlayers": summary.players,
        "currency": rules.currency,
        "entryFee": money(summary, rules.buy_in_minor),
        "fee": money(summary, rules.fee_minor),
        "rebuyEnabled": rules.rebuy_enabled,
        "rebuyFee": money(summary, rules.rebuy_fee_minor),
        "maxEntriesPerPlayer": rules.max_entries_per_player,
        "rebuyDeadline": instant_or_none(rules.rebuy_deadline_ms),
        "addOn": views_rules.add_on(rules),
        "prizePool": pool(summary),
        "config": views_rules.config(rules),
        "visibility": "public" if rules.public else "private",
        "rulesVersion": rules.rules_version,
    }


def _times(summary: Summary, now_ms: int) -> dict[str, Any]:
    rules = summary.rules
    return {
        "startTime": start_time(summary),
        "endTime": end_time(summary),
        "actualStartTime": instant_or_none(summary.started_at_ms),
        "completedAt": instant_or_none(summary.completed_at_ms),
        "cancelledAt": instant_or_none(summary.cancelled_at_ms),
        "cancelReason": summary.cancel_reason,
        "createdAt": instant(summary.created_at_ms),
        "registrationOpens": instant(rules.entry_opens_ms(summary.created_at_ms)),
        "registrationCloses": None if hops(rules) else instant(rules.entry_closes_ms()),
        "registrationStatus": registration_status(summary, now_ms),
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


def status(summary: Summary, now_ms: int, connections: int) -> dict[str, Any]:
    """The printed status page."""
    rules, rounds = summary.rules, rounds_of(summary)
    return {
        "tournamentId": summary.id,
        "status": summary.status.value,
        "resultsStatus": summary.results_status.value,
        "currentPlayers": summary.players,
        "maxPlayers": rules.max_players,
        "playersLeft": summary.in_play,
        "startTime": start_time(summary),
        "actualStartTime": instant_or_none(summary.started_at_ms),
        "estimatedEndTime": instant_or_none(summary.completed_at_ms) or end_time(summary),
        "currentRound": rounds["current"],
        "totalRounds": rounds["total"],
        "roundState": summary.round_state,
        "openReviews": summary.reviews,
        "registrationStatus": registration_status(summary, now_ms),
        "prizePool": {"totalAmount": there_is(summary), "currency": rules.currency},
        "gameRoom": {
            "roomId": room_id(summary.id),
            "status": room_status(summary.status),
            "activeConnections": connections,
        },
    }


def room_id(tournament_id: str) -> str:
    """The game room of a tournament."""
    return f"room_{tournament_id}"


def room_status(of: Status) -> str:
    """A room waits for play, is active in it, and is closed after it."""
    if is_over(of):
        return "closed"
    return "active" if of is Status.IN_PROGRESS else "waiting"


def listed(summary: Summary) -> dict[str, Any]:
    """One printed line of the list."""
    return {
        "tournamentId": summary.id,
        "name": summary.rules.name,
        "status": summary.status.value,
        "startTime": start_time(summary),
        "format": summary.rules.format,
        "currentPlayers": summary.players,
        "maxPlayers": summary.rules.max_players,
        "prizePool": there_is(summary),
        "gameSlug": summary.rules.game_slug,
        "externalId": summary.rules.external_id,
        "currency": summary.rules.currency,
    }


def pagination(total: int, limit: int, offset: int) -> dict[str, Any]:
    """The printed paging object."""
    return {"total": total, "limit": limit, "offset": offset, "hasMore": offset + limit < total}


def cancelled(summary: Summary, players: int, refund_minor: int) -> dict[str, Any]:
    """The printed answer to cancel."""
    return {
        "tournamentId": summary.id,
        "status": summary.status.value,
        "cancelledAt": instant_or_none(summary.cancelled_at_ms),
        "reason": summary.cancel_reason,
        "playersRefunded": players,
        "refundAmount": money(summary, refund_minor),
    }
