"""What a verdict of the limits looks like outside."""

from api.http.error_body import Error
from api.http.errors import ApiError, DoorCode
from server.ports import Verdict


def over_limit(verdict: Verdict) -> ApiError:
    """Too many requests, and when the next one succeeds; the limit goes along, so that the answer tells it."""
    error = ApiError(DoorCode.RATE_LIMITED, "Too many requests", Error(retry_after=retry_after_s(verdict)))
    error.verdict = verdict
    return error


def retry_after_s(verdict: Verdict) -> int:
    """Whole seconds after which the first retry succeeds."""
    return -(-verdict.reset_ms // 1_000)


def headers_of(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """What every answer to a key carries; `Reset` is seconds from now."""
    headers = {
        b"x-ratelimit-limit": verdict.limit,
        b"x-ratelimit-remaining": verdict.remaining,
        b"x-ratelimit-reset": retry_after_s(verdict),
    }
    return [(name, str(number).encode()) for name, number in headers.items()]
