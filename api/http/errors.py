"""Everything that can be answered instead of success: one catalogue, one table to HTTP."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET, structs
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.http.error_body import Error
from config.door_limits import FAULTS_SHOWN_MAX, RETRY_AFTER_S
from server.domain.refusal import Code
from server.ports import StoreUnavailable, Verdict

log = structlog.get_logger("api")


class DoorCode(StrEnum):
    """Errors that arise at the door, before any rule is asked."""

    INVALID_JSON = "invalid_json"
    BODY_TOO_LARGE = "body_too_large"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limit_exceeded"
    INSUFFICIENT_PERMISSIONS = "insufficient_permissions"
    IP_NOT_ALLOWED = "ip_not_allowed"
    KEY_NOT_FOUND = "key_not_found"
    NOT_FOUND = "not_found"
    TEMPLATE_NOT_FOUND = "template_not_found"
    WEBHOOK_NOT_FOUND = "webhook_not_found"
    EVENT_NOT_FOUND = "event_not_found"
    WEBHOOK_DISABLED = "webhook_disabled"
    TOO_MANY_WEBHOOKS = "too_many_webhooks"
    CONFLICT = "conflict"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RESULTS_NOT_AVAILABLE = "results_not_available"
    SERVICE_UNAVAILABLE = "service_unavailable"
    INTERNAL_ERROR = "internal_error"


STATUS: dict[str, int] = {
    Code.VALIDATION_FAILED: 400,
    Code.WRONG_AMOUNT: 400,
    Code.TOURNAMENT_NOT_FOUND: 404,
    Code.PLAYER_NOT_FOUND: 404,
    Code.ALREADY_REGISTERED: 409,
    Code.REGISTRATION_CLOSED: 409,
    Code.TOURNAMENT_FULL: 409,
    Code.PAYMENT_ALREADY_USED: 409,
    Code.AMOUNT_LIMIT_REACHED: 409,
    Code.EXTERNAL_ID_TAKEN: 409,
    Code.REVIEW_NOT_FOUND: 404,
    Code.REVIEW_CLOSED: 409,
    Code.REBUY_NOT_ALLOWED: 409,
    Code.REBUY_LIMIT_REACHED: 409,
    Code.ADD_ON_NOT_ALLOWED: 409,
    Code.ROUND_NOT_ALLOWED: 409,
    Code.PLAYER_DISQUALIFIED: 409,
    Code.PLAYER_REMOVED: 409,
    Code.FACT_NOT_FOUND: 404,
    Code.RESULTS_NOT_READY: 409,
    Code.SECOND_KEY_NEEDED: 409,
    Code.PAYOUT_NOT_FOUND: 404,
    Code.PAYOUT_CLOSED: 409,
    Code.UPDATE_NOT_ALLOWED: 409,
    Code.INVALID_STATUS: 409,
    Code.NOT_ENOUGH_PLAYERS: 409,
    Code.IDEMPOTENCY_KEY_REUSED: 409,
    DoorCode.INVALID_JSON: 400,
    DoorCode.BODY_TOO_LARGE: 413,
    DoorCode.UNAUTHORIZED: 401,
    DoorCode.RATE_LIMITED: 429,
    DoorCode.INSUFFICIENT_PERMISSIONS: 403,
    DoorCode.IP_NOT_ALLOWED: 403,
    DoorCode.KEY_NOT_FOUND: 404,
    DoorCode.NOT_FOUND: 404,
    DoorCode.TEMPLATE_NOT_FOUND: 404,
    DoorCode.WEBHOOK_NOT_FOUND: 404,
    DoorCode.EVENT_NOT_FOUND: 404,
    DoorCode.WEBHOOK_DISABLED: 409,
    DoorCode.TOO_MANY_WEBHOOKS: 409,
    DoorCode.CONFLICT: 409,
    DoorCode.METHOD_NOT_ALLOWED: 405,
    DoorCode.RESULTS_NOT_AVAILABLE: 409,
    DoorCode.SERVICE_UNAVAILABLE: 503,
    DoorCode.INTERNAL_ERROR: 500,
}


class ApiError(Exception):
    """An answer that is not success. `fields` says more in fields that go with the code."""

    def __init__(self, code: str, message: str, fields: Error | None = None) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message
        self.fields = fields or Error()
        self.fields.error, self.fields.message = self.code, message
        self.verdict: Verdict | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS[self.code]

    def headers(self) -> dict[str, str]:
        """`Retry-After` where a retry makes sense, the challenge where a key is missing."""
        if self.status == 503:
            return {"Retry-After": str(RETRY_AFTER_S)}
        if self.status == 429:
            return {"Retry-After": str(self.fields.retry_after)}
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}

    def body(self, request_id: str) -> Error:
        """What the caller reads."""
        return structs.replace(self.fields, request_id=request_id)

    @property
    def more(self) -> dict[str, Any]:
        """The fields that go with the code, by their names on the wire."""
        given = ((field.encode_name, getattr(self.fields, field.name)) for field in structs.fields(Error)[3:])
        return {name: value for name, value in given if value is not UNSET}


def invalid(details: Mapping[str, str], message: str = "Request is invalid") -> ApiError:
    """All faults of a request, by field as the caller spelled it; of very many the first ones."""
    shown = dict(islice(details.items(), FAULTS_SHOWN_MAX))
    if len(details) > len(shown):
        shown["..."] = f"{len(details) - len(shown)} more"
    return ApiError(Code.VALIDATION_FAILED, message, Error(details=shown))


def player_not_found(tournament_id: str, player: str, why: str = "not found") -> ApiError:
    """No player of this name is in this tournament."""
    fields = Error(tournament_id=tournament_id, player=player)
    return ApiError(Code.PLAYER_NOT_FOUND, f"Player {player} {why}", fields)


def tournament_not_found(tournament_id: str) -> ApiError:
    """Missing and foreign tournaments answer alike."""
    message = f"Tournament with ID {tournament_id} not found"
    return ApiError(Code.TOURNAMENT_NOT_FOUND, message, Error(tournament_id=tournament_id))


def typed(error: Exception) -> ApiError:
    """Any exception as what is answered. An unforeseen one is logged, and is an internal error without its
    words."""
    match error:
        case ApiError():
            return error
        case ClientDisconnect():  # there is none left to read this
            return invalid({"body": "Ended before it was complete"})
        case StoreUnavailable():
            return ApiError(DoorCode.SERVICE_UNAVAILABLE, "The database cannot be reached; try again")
        case RequestValidationError():
            return invalid({".".join(map(str, e["loc"])): e["msg"] for e in error.errors()})
        case HTTPException(status_code=404):
            return ApiError(DoorCode.NOT_FOUND, "No such path")
        case HTTPException(status_code=405):
            return ApiError(DoorCode.METHOD_NOT_ALLOWED, "This path does not take that method")
        case HTTPException():
            return invalid({"request": str(error.detail)})
    log.exception("internal_error", exc_info=error)
    return ApiError(DoorCode.INTERNAL_ERROR, "Something went wrong on our side")
