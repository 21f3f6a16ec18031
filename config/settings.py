"""Settings, read once at the door of each process. A wrong value stops the start with its name."""

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.node import SECRETS_DIR, secrets_dir
from config.owner_limits import SHARED_OWNERS_DEFAULT


class Settings(BaseSettings):
    """`PITBOSS_*` from the environment. `config/example.env` lists all; a test compares the two."""

    # An empty variable is as good as none: compose files pass on what may not be set.
    model_config = SettingsConfigDict(
        env_prefix="PITBOSS_", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(Path(".pitboss"), description="Folder of everything this machine keeps.")
    secrets_dir: Path = Field(
        SECRETS_DIR, description="Folder with settings as files, named as `pitboss_database_url`."
    )
    host: str = Field("127.0.0.1", description="Address the front end listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the front end; 0 picks a free one.")
    public_url: str | None = Field(None, description="URL under which callers reach the front end.")
    database_url: str | None = Field(
        None, description="Postgres to use; empty starts an embedded one under the home folder."
    )
    redis_url: str | None = Field(
        None,
        description="Redis that carries boards to all front ends and counts their limits; empty does without.",
    )
    engine: Literal["ray", "local"] = Field(
        "ray", description="Where tournaments live: Ray actors, or one process without Ray."
    )
    ray_address: str | None = Field(
        None, description="A running Ray cluster to join; empty starts one on loopback."
    )
    node_name: str = Field(
        "", max_length=200, description="Name of this node, by which it is drained; empty: the host's name."
    )
    owners: Literal["adaptive", "dedicated", "shared"] = Field(
        "adaptive",
        description="Which tournaments have a process of their own: in play all but small ones, all, or none.",
    )
    shared_players_max: int = Field(
        20, ge=0, description="Tournaments for at most so many players share a process in play, too."
    )
    shared_owners: int = Field(
        SHARED_OWNERS_DEFAULT, ge=1, le=1_000, description="Processes of the cluster that tournaments share."
    )
    token_key_file: Path | None = Field(
        None, description="Ed25519 key (PEM) that signs player tokens; made when missing."
    )
    token_issuer: str = Field("pitboss", description="`iss` claim of player tokens.")
    allow_private_targets: bool = Field(
        False, description="Whether wallets and webhooks may be on private or loopback addresses."
    )
    metrics_token: str | None = Field(
        None, description="Bearer token of /metrics; empty lets callers on this machine alone."
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks, with commas, whose X-Forwarded-For is believed; empty: none."
    )
    connections_per_address: int = Field(
        2_000, ge=0, description="Open connections that one address may have to a front end; 0: any number."
    )
    sockets_per_address: int = Field(
        1_000, ge=0, description="Open player sockets that one address may have to a front end; 0: any number."
    )
    requests_per_address: int = Field(
        600, ge=0, description="Requests a minute without a credential from one address; 0: any number."
    )
    games: str = Field(
        "crash-classic", description="Installed games to be played here, with commas; their code is trusted."
    )
    seal_key_file: Path | None = Field(
        None, description="Key that seals what chance is drawn from; made when missing. Owners' nodes need it."
    )
    beacon_urls: str = Field(
        "https://api.drand.sh,https://drand.cloudflare.com,https://api2.drand.sh",
        description="Relays of the public beacon (drand) that salts rooms, with commas; `none`: no beacon.",
    )
    public_operator: str | None = Field(
        None,
        description="Operator whose public tournaments the page at / shows; `:test` for test data.",
    )
    fast_lane: bool = Field(
        True, description="Whether the hottest routes are answered without FastAPI; false: none is."
    )
    drain_s: float = Field(
        5.0, ge=0, le=300, description="Seconds for which a stopping front end is not ready, before it closes."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line that is written."
    )
    traces_url: str | None = Field(
        None, description="OpenTelemetry collector that gets traces by OTLP over HTTP; empty: none are made."
    )
    traces_ratio: float = Field(1.0, ge=0, le=1, description="Part of all requests that are traced.")
    demo: bool = Field(
        False, description="Whether strangers get test entries of the shown operator; `pitboss up` sets it."
    )
    demo_minutes: float = Field(
        3.0, gt=0, le=24 * 60, description="How long one demo tournament plays, in minutes."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_given(cls, values: dict[str, Any]) -> dict[str, Any]:
        """An empty file is as good as none, too."""
        return {name: value for name, value in values.items() if value != ""}

    @field_validator("beacon_urls")
    @classmethod
    def _are_urls(cls, text: str) -> str:
        for part in () if text == "none" else text.replace(",", " ").split():
            if not part.startswith(("https://", "http://")):
                raise ValueError(f"{part} is not a URL")
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for part in filter(None, text.replace(",", " ").split()):
            ip_network(part)
        return text

    def proxies(self) -> tuple[str, ...]:
        """The trusted proxies, one by one."""
        return tuple(self.trusted_proxies.replace(",", " ").split())

    def relays(self) -> tuple[str, ...]:
        """Where rounds of the public beacon are fetched, one by one."""
        return () if self.beacon_urls == "none" else tuple(self.beacon_urls.replace(",", " ").split())

    def token_key_path(self) -> Path:
        """Where the signing key lives."""
        return self.token_key_file or self.home / "token-key.pem"

    def seal_key_path(self) -> Path:
        """Where the key of the seals lives."""
        return self.seal_key_file or self.home / "seal-key"


class WrongSettings(Exception):  # noqa: N818 - told to a person, with names
    """One line per wrong value."""


def load() -> Settings:
    """Read the environment. Raises `WrongSettings` naming each wrong variable, also misspelt ones."""
    known = {f"PITBOSS_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.upper().startswith("PITBOSS_") and name.upper() not in known
    )
    if unknown:
        raise WrongSettings(f"unknown setting: {', '.join(unknown)}")
    try:
        folder = secrets_dir()
        return Settings(_secrets_dir=folder if folder.is_dir() else None)  # type: ignore[call-arg]
    except ValidationError as error:
        lines = (f"PITBOSS_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise WrongSettings("\n".join(lines)) from error


def load_or_exit() -> Settings:
    """For `__main__`: the settings, or one line per fault on standard error and exit code 2."""
    try:
        return load()
    except WrongSettings as wrong:
        sys.exit(complain(str(wrong)))


def complain(text: str) -> int:
    """Say what is wrong on standard error; the exit code for it."""
    sys.stderr.write(f"{text}\n")
    return 2
