"""Player tokens: EdDSA (Ed25519) JWTs, one pinned algorithm, public keys as a JWKS."""

import base64
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.door_limits import TOKEN_AFTER_END_MS, TOKEN_BYTES_MAX, TOKEN_WAITS_MS
from server.domain.tournament.summary import EntryRow, Summary
from server.runtime.randomness import SystemIds

ALGORITHM = "EdDSA"
AUDIENCE = "pitboss-player"
PERMISSIONS = ("watch", "play")


@dataclass(frozen=True, slots=True)
class PlayerClaims:
    """A verified token."""

    tournament_id: str
    internal_player_id: str
    user_id: str
    display_name: str
    operator_id: str
    permissions: tuple[str, ...]
    expires_at_s: int
    generation: int


class Tokens:
    """Signs and verifies with one key pair."""

    def __init__(self, key: Ed25519PrivateKey, issuer: str) -> None:
        self._key = key
        self._issuer = issuer
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self._kid = sha256(raw).hexdigest()[:16]

    def mint(self, entry: EntryRow, summary: Summary, room_id: str, now_ms: int, generation: int = 0) -> str:
        """A token for one player of one tournament."""
        now_s = now_ms // 1_000
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": entry.internal_player_id,
            "iat": now_s,
            "exp": ends_ms(summary, now_ms) // 1_000,
            "tournament_id": summary.id,
            "internal_player_id": entry.internal_player_id,
            "external_user_id": entry.user_id,
            "display_name": entry.display_name,
            "operator_id": summary.tenant.operator_id,
            "room_id": room_id,
            "game_slug": summary.rules.game_slug,
            "permissions": list(PERMISSIONS),
            "generation": generation,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._kid})

    def sign(self, unsigned: str) -> str:
        """Header and payload with their signature: the same ones are signed the same every time."""
        signature = base64.urlsafe_b64encode(self._key.sign(unsigned.encode())).rstrip(b"=").decode()
        return f"{unsigned}.{signature}"

    def verify(self, token: str, now_ms: int) -> PlayerClaims | None:
        """The claims of a valid, unexpired token of ours; None for anything else."""
        if len(token) > TOKEN_BYTES_MAX:
            return None
        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False},
            )
            return _claims(claims) if claims["exp"] > now_ms // 1_000 else None
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            return None

    def jwks(self) -> list[dict[str, Any]]:
        """The public half, for those who verify our tokens."""
        key = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": self._kid}
        return [key | {"x": self._x}]


def ends_ms(summary: Summary, now_ms: int) -> int:
    """When a token ends that is made now: a day after the planned end of play, for results and disputes. A
    tournament that players start may wait for them for a week."""
    rules = summary.rules
    end_ms = rules.planned_end_ms(summary.started_at_ms)
    if summary.started_at_ms is None:
        waits_ms = now_ms + TOKEN_WAITS_MS if rules.format == "hop_on_off" else rules.wait_until_ms
        end_ms = max(end_ms, (waits_ms or 0) + rules.planned_end_ms(0) if rules.end_at_ms is None else 0)
    return max(end_ms, now_ms) + TOKEN_AFTER_END_MS


def _claims(claims: dict[str, Any]) -> PlayerClaims:
    return PlayerClaims(
        tournament_id=claims["tournament_id"],
        internal_player_id=claims["internal_player_id"],
        user_id=claims["external_user_id"],
        display_name=claims["display_name"],
        operator_id=claims["operator_id"],
        permissions=tuple(claims["permissions"]),
        expires_at_s=claims["exp"],
        generation=int(claims.get("generation", 0)),  # older tokens have none
    )


def load_key(path: Path) -> Ed25519PrivateKey:
    """The signing key of a PEM file; a missing file is made, readable by us alone."""
    if not path.exists():
        _make_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return key


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Several front ends may start at once: the first one's key wins whole.
    draft = path.with_name(f"{path.name}.{SystemIds().short_id(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
