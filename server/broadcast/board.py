"""The frames of a board: snapshot, delta, lifecycle. Encoded once a tick, copied to every watcher.

Rows name players by display name and platform id; the casino's user ids never leave in a frame.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from server.broadcast import frames
from server.broadcast.history import Frame, History
from server.domain.money import points_to_decimal, to_decimal
from server.domain.ranking import Standing
from server.domain.tournament.lifecycle import ResultsStatus, Status
from server.domain.tournament.money.prizes import prizes_of
from server.domain.tournament.play.schedule import grace_over_ms, next_due_ms
from server.domain.tournament.state import Tournament
from server.encoding.wire import dump, instant, instant_or_none

Change = frames.Delta | frames.Lifecycle
_LIFECYCLE: dict[Status, frames.LifecycleEvent] = {
    Status.OPEN: "opened",
    Status.IN_PROGRESS: "started",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
}


class _Shown(NamedTuple):
    """What the last frame showed."""

    status: Status
    results: ResultsStatus
    total: int
    prizes: list[int]
    rows: list[Standing]
    round_no: int
    round_over: bool
    out: frozenset[int]


class Board:
    """The channel of one owner's epoch: what was shown last, and the frames since."""

    def __init__(self, epoch: int, top_rows: int, history_frames: int) -> None:
        self.epoch = epoch
        self.seq = 0
        self.snapshot = b""
        self._top_rows = top_rows
        self._shown: _Shown | None = None
        self._history: History[bytes] = History(history_frames)

    def refresh(self, state: Tournament, now_ms: int) -> bool:
        """Make the frames that lead from what was shown to `state`; False when nothing is new."""
        now, before = self._look(state), self._shown
        if now == before:
            return False
        if before is not None:
            for change in _changes(before, now, state):
                self._add(change, now_ms)
        self._shown = now
        self.snapshot = dump(self._whole(now, state, now_ms))
        return True

    @property
    def status(self) -> str:
        """The status that was shown last."""
        return "" if self._shown is None else self._shown.status.value

    def is_over(self) -> bool:
        """Whether the end has been shown: no frame will follow."""
        shown = self._shown
        return shown is not None and (shown.results is ResultsStatus.FINAL or shown.status is Status.CANCELLED)

    def since(self, epoch: int | None, seq: int) -> list[Frame[bytes]] | None:
        """Frames behind a position of this epoch; None when only the snapshot helps."""
        return self._history.since(seq, self.seq) if epoch == self.epoch else None

    def _look(self, state: Tournament) -> _Shown:
        rows = state.ranking.page(0, self._top_rows)
        prizes = prizes_of(state).amounts
        total = len(state.ranking)
        out = frozenset(row.player_no for row in rows if not state.entries[row.player_no].is_in_play)
        over = state.round_ended_ms is not None or state.between_rounds
        return _Shown(state.status, state.results_status, total, prizes, rows, state.round_no, over, out)

    def _add(self, made: Change, now_ms: int) -> None:
        self.seq += 1
        made.epoch, made.seq, made.server_time = self.epoch, self.seq, instant(now_ms)
        self._history.add(Frame(self.seq, str(made.__struct_config__.tag), dump(made)))

    def _whole(self, now: _Shown, state: Tournament, now_ms: int) -> frames.Snapshot:
        return frames.Snapshot(
            epoch=self.epoch,
            seq=self.seq,
            server_time=instant(now_ms),
            tournament_id=state.id,
            status=now.status,
            results_status=now.results,
            rows=_rows(now.rows, state),
            total=now.total,
            prizes=_prizes(now.prizes, state),
            currency=state.rules.currency,
        )


def _changes(before: _Shown, now: _Shown, state: Tournament) -> list[Change]:
    """Without epoch, number and time, which the board adds."""
    changes: list[Change] = []
    same = (before.total, before.prizes, before.rows, before.out)
    if same != (now.total, now.prizes, now.rows, now.out):
        changes.append(_delta(before, now, state))
    if before.status != now.status:
        changes.append(_lifecycle(_LIFECYCLE[now.status], state))
    if before.results != now.results and now.results is ResultsStatus.FINAL:
        changes.append(_lifecycle("results_final", state))
    if now.round_over and not before.round_over:
        changes.append(_lifecycle("round_ended", state))
    if before.round_no != now.round_no and before.round_no:
        changes.append(_lifecycle("round_started", state))
    return changes


def _delta(before: _Shown, now: _Shown, state: Tournament) -> frames.Delta:
    old, turned = set(before.rows), before.out ^ now.out
    shown = {row.player_no for row in now.rows}
    left = [row.player_no for row in before.rows if row.player_no not in shown]
    return frames.Delta(
        epoch=0,
        seq=0,
        server_time="",
        rows=_rows([row for row in now.rows if row not in old or row.player_no in turned], state),
        left=[state.entries[no].player_id for no in left],
        total=now.total,
        prizes=_prizes(now.prizes, state) if before.prizes != now.prizes else UNSET,
    )


def _rows(rows: Sequence[Standing], state: Tournament) -> list[frames.Row]:
    return [
        frames.Row(
            position=row.position,
            rank=row.rank,
            player_id=state.entries[row.player_no].player_id,
            display_name=state.entries[row.player_no].display_name,
            points=points_to_decimal(row.points),
            eliminated=UNSET if state.entries[row.player_no].is_in_play else True,
        )
        for row in rows
    ]


def _prizes(prizes: Sequence[int], state: Tournament) -> list[frames.Prize]:
    places = state.rules.currency_places
    return [
        frames.Prize(position=n, prize=to_decimal(amount, places)) for n, amount in enumerate(prizes, start=1)
    ]


def _ends_ms(state: Tournament) -> int | None:
    """A hop-on/off tournament that has not started does not know its end."""
    unknown = state.rules.format == "hop_on_off" and state.started_at_ms is None
    return None if unknown else state.rules.planned_end_ms(state.started_at_ms)


def _grace_ends(event: frames.LifecycleEvent, state: Tournament) -> str | UnsetType | None:
    """After a cutoff: until when facts of rounds that were played in time still count."""
    if state.rules.grace_ms == 0 or event not in ("completed", "round_ended"):
        return UNSET
    return instant_or_none(grace_over_ms(state) if event == "completed" else next_due_ms(state))


def _lifecycle(event: frames.LifecycleEvent, state: Tournament) -> frames.Lifecycle:
    cancellation = state.cancellation
    return frames.Lifecycle(
        server_time="",
        event=event,
        status=state.status,
        started_at=instant_or_none(state.started_at_ms),
        ends_at=instant_or_none(_ends_ms(state)),
        grace_ends_at=_grace_ends(event, state),
        # Play without rounds is one round, as in `welcome`.
        round=state.round_no or int(state.started_at_ms is not None),
        reason=None if cancellation is None or not cancellation.notify else cancellation.reason,
    )
