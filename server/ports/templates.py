"""Templates of tournaments, and schedules that make tournaments of them again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from server.domain.ids import Tenant
from server.domain.tournament.rules.rules import Rules

CatchUp = Literal["skip", "latest", "all"]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Tournaments start at the times of `cron` in the IANA zone `timezone`, and are created `lead_ms` before.

    `skip` names local dates without one. `catch_up` says what becomes of starts that an outage missed: none
    is made up for, the latest one, or all.
    """

    cron: str
    timezone: str
    lead_ms: int
    paused: bool = False
    skip: tuple[str, ...] = ()
    catch_up: CatchUp = "skip"


@dataclass(frozen=True, slots=True)
class Template:
    """`body` is what the operator sent (JSON, by model field), `rules` the same in domain terms without times.

    With a recurrence, `next_start_ms` is the next start to make a tournament for and `next_no` its number.
    """

    id: str
    tenant: Tenant
    body: bytes
    rules: Rules
    created_at_ms: int
    updated_at_ms: int
    version: int = 1
    recurrence: Recurrence | None = None
    next_start_ms: int | None = None
    next_no: int = 1

    @property
    def due_ms(self) -> int | None:
        """When the next tournament is to be created; None when never."""
        of = self.recurrence
        if of is None or of.paused or self.next_start_ms is None:
            return None
        return self.next_start_ms - of.lead_ms


class Templates(Protocol):
    """Stored templates. Every call of a tenant names it."""

    async def add_template(self, template: Template) -> bool:
        """Store a new one; False, changing nothing, when the id exists."""

    async def template(self, tenant: Tenant, template_id: str) -> Template | None: ...
    async def templates(self, tenant: Tenant, limit: int, offset: int) -> tuple[int, list[Template]]:
        """How many there are in all, and one page, newest first."""

    async def replace_template(self, template: Template, expected_version: int) -> bool:
        """Store another version; False when another caller was quicker, or it is gone."""

    async def remove_template(self, tenant: Tenant, template_id: str) -> bool: ...
    async def due_templates(self, now_ms: int, limit: int) -> Sequence[Template]:
        """Of all tenants: those with a tournament to create, longest overdue first."""
