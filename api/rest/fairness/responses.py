"""The fairness of a tournament that is played here."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from server.encoding.answer import Answer, Count, Hex, Instant, Pagination


class FairGame(Answer):
    """Which code plays: its package, and a digest of its files."""

    slug: str
    version: Annotated[str | None, Meta(description="The one that plays; null before the room opened")]
    package: str | None
    package_version: str | None
    files_sha256: str | None


class Entrants(Answer):
    """The closed list of entrants: internal player ids in order of number, joined by newlines, UTF-8."""

    count: Count
    sha256: Hex


class Beacon(Answer):
    """The public random number that the salt is made with: `round` is the first one that comes 6 seconds after
    the list of entrants was closed, or later. `signature` and `randomness`, its SHA-256, are null before."""

    name: str
    chain_hash: Annotated[str, Meta(description="The name of the network's chain at its relays")]
    public_key: str
    round: Annotated[int, Meta(ge=1)] | None
    at: Instant | None
    signature: str | None
    randomness: Hex | None


class FairFlight(Answer):
    """A flight that is over. `i` hashes (SHA-256) above the commitment is the link of flight `i`. `firstDraw`
    is the first 52 bits of HMAC-SHA256, key: the salt as text, message: the 32 bytes of the link; `proves` is
    what the game makes of it."""

    flight: Annotated[int, Meta(ge=1)]
    link: Hex
    first_draw: Annotated[str, Meta(description="A whole number below 2^52, as text")]
    proves: dict[str, Any]


class OperatorRooms(Answer):
    """What this operator did with rooms so far, in this mode: who cancels and begins anew can choose."""

    committed: Count
    started: Count
    cancelled_after_start: Count


class Fairness(Answer):
    """How chance is made, and what of it is revealed. `seed`, the last link, is told when the tournament is
    finished or cancelled. This does not prove anything against who can read the owner's memory, or has both
    the database and the key of the seals: they know the flights that come."""

    tournament_id: str
    game: FairGame
    commitment: Hex
    links: Count
    entrants: Entrants | None
    salt: Annotated[
        str | None,
        Meta(description="SHA-256 over commitment, digest of the entrants, and randomness of the beacon"),
    ]
    salt_chosen_by: Annotated[
        Literal["house", "beacon"],
        Meta(description="Whether the house can choose the salt, by who enters, or a public beacon decides"),
    ]
    beacon: Beacon | None
    settings: dict[str, int]
    seed: Hex | None
    flights: list[FairFlight]
    pagination: Pagination
    operator: OperatorRooms
