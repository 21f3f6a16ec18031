"""A refusal: the one exception of the domain. Its code is the public, documented name of the rule."""

from enum import StrEnum
from typing import TypedDict


class Code(StrEnum):
    """Why a command was refused. `api.http.errors` maps each to a status; a test walks this enum."""

    VALIDATION_FAILED = "validation_failed"
    TOURNAMENT_NOT_FOUND = "tournament_not_found"
    PLAYER_NOT_FOUND = "player_not_found"
    ALREADY_REGISTERED = "already_registered"
    REGISTRATION_CLOSED = "registration_closed"
    TOURNAMENT_FULL = "tournament_full"
    WRONG_AMOUNT = "wrong_amount"
    PAYMENT_ALREADY_USED = "payment_already_used"
    AMOUNT_LIMIT_REACHED = "amount_limit_reached"
    EXTERNAL_ID_TAKEN = "external_id_taken"
    REVIEW_NOT_FOUND = "review_not_found"
    REVIEW_CLOSED = "review_closed"
    REBUY_NOT_ALLOWED = "rebuy_not_allowed"
    REBUY_LIMIT_REACHED = "rebuy_limit_reached"
    ADD_ON_NOT_ALLOWED = "add_on_not_allowed"
    ROUND_NOT_ALLOWED = "round_not_allowed"
    PLAYER_DISQUALIFIED = "player_disqualified"
    PLAYER_REMOVED = "player_removed"
    FACT_NOT_FOUND = "fact_not_found"
    RESULTS_NOT_READY = "results_not_ready"
    SECOND_KEY_NEEDED = "second_key_needed"
    PAYOUT_NOT_FOUND = "payout_not_found"
    PAYOUT_CLOSED = "payout_closed"
    UPDATE_NOT_ALLOWED = "update_not_allowed"
    INVALID_STATUS = "invalid_status"
    NOT_ENOUGH_PLAYERS = "not_enough_players"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"


class Detail(TypedDict, total=False):
    """What a refusal says beside its code; public. `fields` are faults by domain field name."""

    fields: dict[str, str]
    player: str
    player_id: str
    user_id: str
    status: str
    results_status: str
    rule: str
    round: int
    opens_at_ms: int | None
    max_players: int | None
    players: int
    min_players: int
    max_entries_per_player: int | None
    entries: int
    expected_minor: int
    given_minor: int
    collected_minor: int
    payment_id: str | None
    used_in_tournament: str
    used_by_player: str
    used_for: str
    review: int
    event_id: str | None
    payout_id: str
    state: str
    rules_version: int


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Raised by a guard of `decide`; nothing has changed."""

    def __init__(self, code: Code, message: str, detail: Detail | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail: Detail = {} if detail is None else detail
