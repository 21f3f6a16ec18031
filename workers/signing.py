"""Signatures by the Standard Webhooks spec, on everything that we send to an operator's systems."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


def signed(message_id: str, body: bytes, secrets: Sequence[str], now_ms: int) -> dict[str, str]:
    """Headers of a message, one signature for each live secret. The time is that of the try."""
    at = datetime.fromtimestamp(now_ms // 1_000, UTC)
    signatures = " ".join(Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now_ms // 1_000),
        "webhook-signature": signatures,
        "Idempotency-Key": message_id,
    }
