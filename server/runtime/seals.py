"""Sealing what chance is drawn from: AES-256-GCM with a key that lives outside of the database.

The key is a file of this installation, named by a digest of itself, so that a seal says which key opens it.
Former keys may stand beside it in the same folder (`seal-key.<id>`) for as long as something is sealed by
them.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.domain.ids import TournamentId
from server.ports import SealedSeed
from server.runtime.randomness import SystemIds

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NAME_CHARS: Final = 16


class CannotUnseal(Exception):  # noqa: N818 - told to operators
    """The key is not here, or it is not the one, or the seal was changed."""


def key_at(path: Path) -> bytes:
    """The installation's key, made when it is missing; readable by us alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{SystemIds().short_id(8)}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(KEY_BYTES))
        try:
            os.link(fresh, path)  # of two processes that start together one makes the key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise CannotUnseal(f"{path} is no key: it has {len(key)} bytes, not {KEY_BYTES}")
    return key


class Seals:
    """Seals and opens the seeds of this installation."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seal(self, tournament_id: TournamentId, seed: bytes) -> SealedSeed:
        """A seed for the database; bound to its tournament."""
        key, nonce = key_at(self._path), os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, seed, tournament_id.encode())
        return SealedSeed(_name_of(key), nonce, sealed)

    def open(self, tournament_id: TournamentId, seed: SealedSeed) -> bytes:
        """The seed again. Raises `CannotUnseal`."""
        key = self._key(seed.key_id)
        try:
            return AESGCM(key).decrypt(seed.nonce, seed.sealed, tournament_id.encode())
        except InvalidTag:
            raise CannotUnseal(f"the seal of {tournament_id} does not fit") from None

    def _key(self, key_id: str) -> bytes:
        for path in (self._path, self._path.with_name(f"{self._path.name}.{key_id}")):
            if path.exists() and _name_of(key := path.read_bytes()) == key_id:
                return key
        raise CannotUnseal(f"no key {key_id} beside {self._path}")


def _name_of(key: bytes) -> str:
    return sha256(b"pitboss seal key" + key).hexdigest()[:_NAME_CHARS]
