"""A tournament as it is. Read-only questions here; changes only in `apply` and `facts`."""

from dataclasses import dataclass, field

from server.domain.ids import PlayerId, Tenant, TournamentId
from server.domain.ranking import Ranking
from server.domain.refusal import Code, Refusal
from server.domain.tournament.events import Cancelled, ResultsFinalised
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.rules import Rules


@dataclass(frozen=True, slots=True)
class Sale:
    """One sold line: kind is `entry` or `rebuy`. The buy-in is the pool's, the fee the house's."""

    kind: str
    entries: int
    buy_in_minor: int
    fee_minor: int
    tender: str
    payment_id: str | None
    at_ms: int


@dataclass(slots=True)
class Entry:
    """One player of this tournament. `points` are scaled, `reached_seq` is when they were reached."""

    player_no: int
    user_id: str
    player_id: PlayerId
    display_name: str
    registered_at_ms: int
    rules_version: int
    reached_seq: int
    points: int = 0
    removed: bool = False
    sales: tuple[Sale, ...] = ()

    @property
    def entries(self) -> int:
        """How many entries this player bought."""
        return sum(sale.entries for sale in self.sales)


@dataclass(slots=True)
class Tournament:
    """The whole state of one tournament. `seq` is the journal position it stands at: events and facts."""

    id: TournamentId
    tenant: Tenant
    rules: Rules
    created_at_ms: int
    status: Status = Status.SCHEDULED
    results_status: ResultsStatus = ResultsStatus.NONE
    started_at_ms: int | None = None
    completed_at_ms: int | None = None
    cancelled_at_ms: int | None = None
    cancellation: Cancelled | None = None
    results: ResultsFinalised | None = None
    seq: int = 0
    events_counted: int = 0
    facts_counted: int = 0
    collected_minor: int = 0
    fees_minor: int = 0
    seated: int = 0
    left_in_play: int = 0
    entries: list[Entry] = field(default_factory=list)
    no_of: dict[str, int] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    ranking: Ranking = field(default_factory=Ranking)

    def entry_named(self, name: str) -> Entry:
        """The entry of a player id, internal player id or user id; the newest one of a user.

        Raises `player_not_found`.
        """
        player_no = self.no_of.get(name)
        if player_no is None:
            raise Refusal(Code.PLAYER_NOT_FOUND, f"Player {name} not found", {"player": name})
        return self.entries[player_no]

    def is_full(self) -> bool:
        """No place left under `max_players`."""
        return self.rules.max_players is not None and self.seated >= self.rules.max_players
