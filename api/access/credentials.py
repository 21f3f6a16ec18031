"""Where a request may carry its credential."""

from collections.abc import Mapping


def bearer(headers: Mapping[str, str]) -> str | None:
    """What `Authorization: Bearer` carries; None when it is missing or says something else."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def is_key(text: str | None) -> bool:
    """Whether a credential is an API key, not a player's token."""
    return text is not None and text.startswith("pk_")


def credential_of(headers: Mapping[str, str]) -> str | None:
    """The key or token of a request or of a socket: Bearer, `X-API-Key`, or `X-Internal-Api-Key`."""
    return bearer(headers) or headers.get("x-api-key") or headers.get("x-internal-api-key")
