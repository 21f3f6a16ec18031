"""A list of facts played through a scoring without any tournament: the very fold and board of live play."""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.owner import queries
from actors.replies import BoardRow
from server.domain.ids import OperatorId, PlayerId, Tenant, TournamentId
from server.domain.scoring.fact import Fact, Outcome
from server.domain.tournament import events
from server.domain.tournament.apply import apply
from server.domain.tournament.play.facts import count, crossing_ms, judge
from server.domain.tournament.play.schedule import due_step
from server.domain.tournament.rules.rules import NEVER_MS, Rules
from server.domain.tournament.state import Tournament

_ID = TournamentId("dry-run")
_NOBODY = Tenant(OperatorId(""), live=False)
_START_MS = 0


@dataclass(frozen=True, slots=True)
class DryPlayer:
    """A player of a dry run, under the names that a live tournament would show."""

    user_id: str
    player_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """The whole board, and what became of each fact."""

    rows: list[BoardRow]
    outcomes: list[Outcome]


def dry_run(rules: Rules, players: Sequence[DryPlayer], facts: Sequence[Fact], now_ms: int) -> DryRun:
    """Play everything at `now_ms`, in the given order. `rules` says scoring, ties and tie prizes; its times
    are ignored, so facts of any time count. Players are registered in order; facts of others are told
    `unknown_player`."""
    state = _started(rules, players)
    judged = judge(state, facts, now_ms, any_time=True)
    count(state, judged.counted)
    if due_step(state, now_ms) == "target":
        # The first one over the line ends a race, and what came behind it is forgotten.
        apply(state, events.Completed("target", (crossing_ms(state) or 0) + 1), now_ms)
    rows = [queries.row_of(state, standing) for standing in state.ranking.page(0, len(state.ranking))]
    return DryRun(rows, judged.outcomes)


def _started(rules: Rules, players: Sequence[DryPlayer]) -> Tournament:
    state = apply(None, events.Created(_ID, _NOBODY, rules), _START_MS)
    apply(state, events.RegistrationOpened(), _START_MS)
    for player_no, player in enumerate(players):
        name = PlayerId(player.player_id)
        entry = events.Registered(player_no, player.user_id, name, player.display_name, 0, 0, "cash", None, 1)
        apply(state, entry, _START_MS)
    return apply(state, events.Started(), _START_MS)


def rules_of(scoring_fields: dict[str, object]) -> Rules:
    """Rules for a dry run: what is scored, and nothing that a clock could end."""
    fields = {"name": "Dry run", "game_slug": "", "start_at_ms": _START_MS, "end_at_ms": NEVER_MS}
    return Rules(**fields | scoring_fields)  # type: ignore[arg-type]
