"""Rendered pages of boards, kept for one tick."""

from dataclasses import dataclass
from typing import NamedTuple

from config.limits import BOARDS_KEPT_MAX
from server.domain.ids import Tenant
from server.ports import Clock


class Page(NamedTuple):
    """A rendered page of a board: until when it may be shown again, its bytes, its tag, and the epoch and
    position of the journal that it is of."""

    fresh_until_ms: int
    body: bytes
    tag: bytes
    position: tuple[int, int]


@dataclass(frozen=True, slots=True)
class PageKey:
    """Whose page, of which tournament, asked how, and whether by the operator."""

    tenant: Tenant
    tournament_id: str
    query: bytes
    for_operator: bool = True


class PageCache:
    """Pages that were rendered within the last tick. What was asked for before something was written here is
    not kept after it: `mark` is taken before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pages: dict[str, dict[PageKey, Page]] = {}
        self._old: dict[PageKey, Page] = {}
        self._written: dict[str, int] = {}
        self._writes = 0
        self._writes_forgotten = 0

    def find(self, key: PageKey) -> Page | None:
        """A page that is fresh."""
        page = self._pages.get(key.tournament_id, {}).get(key)
        return page if page is not None and self._clock.monotonic_ms() < page.fresh_until_ms else None

    def last(self, key: PageKey) -> Page | None:
        """A page however old: for when no newer one can be had."""
        return self._pages.get(key.tournament_id, {}).get(key) or self._old.get(key)

    def mark(self, tournament_id: str) -> int:
        """Grows when something is written."""
        return self._written.get(tournament_id, self._writes_forgotten)

    def keep(self, key: PageKey, page: Page, mark: int) -> None:
        """Show this page again while it is fresh."""
        if mark != self.mark(key.tournament_id):
            return
        if len(self._pages) >= BOARDS_KEPT_MAX:
            self._pages.clear()
        pages = self._pages.setdefault(key.tournament_id, {})
        if len(pages) >= BOARDS_KEPT_MAX:
            pages.clear()
        pages[key] = page

    def forget(self, tournament_id: str) -> None:
        """Something was written: what there was is old now."""
        if len(self._written) >= BOARDS_KEPT_MAX:
            self._written.clear()
            self._writes_forgotten = self._writes
        self._writes += 1
        self._written[tournament_id] = self._writes
        if len(self._old) >= BOARDS_KEPT_MAX:
            self._old.clear()
        self._old |= self._pages.pop(tournament_id, {})


def tag_of(epoch: int, seq: int, query: bytes) -> bytes:
    """Changes when the board may have changed: with every position of the journal."""
    return f'W/"{epoch}-{seq}-{query.hex()}"'.encode()
