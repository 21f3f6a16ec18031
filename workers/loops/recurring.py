"""Recurring schedules: each occurrence becomes one tournament, over clock changes and outages.

The tournament's id is derived from template and start, and a tournament is born once; then the template
moves on, if it was not moved before. So any number of these may run, late or twice, without harm.
"""

import logging
from dataclasses import replace
from itertools import takewhile

from actors.directory import Directory
from actors.replies import Done, Refused
from actors.requests import CommandRequest
from config.limits import SCHEDULE_BATCH_MAX, SCHEDULE_POLL_S
from server.domain.ids import TournamentId
from server.domain.tournament import commands
from server.domain.tournament.rules.rules import fields_of
from server.ports import Clock, Template, Templates
from server.runtime.loops import go_round
from server.runtime.randomness import derived_id
from server.scheduling.recurrence import next_start_ms, starts_after

log = logging.getLogger(__name__)


class Recurring:
    """Makes tournaments of templates that are due."""

    def __init__(self, templates: Templates, directory: Directory, clock: Clock) -> None:
        self._templates = templates
        self._directory = directory
        self._clock = clock

    async def run(self) -> None:
        """Look, make, wait; for ever."""
        await go_round(self._clock, SCHEDULE_POLL_S, self.look, "recurring_cannot_look")

    async def look(self) -> int:
        """Make what is due; how many tournaments were created."""
        made = 0
        for template in await self._templates.due_templates(self._clock.now_ms(), SCHEDULE_BATCH_MAX):
            made += await self._advance(template)
        return made

    async def _advance(self, template: Template) -> int:
        """Create the tournaments of the starts that are due, then move the template behind them."""
        recurrence, first_ms = template.recurrence, template.next_start_ms
        assert recurrence is not None and first_ms is not None, "only templates with a next start are due"
        now_ms = self._clock.now_ms()
        horizon_ms = now_ms + recurrence.lead_ms
        due = [first_ms, *takewhile(lambda ms: ms <= horizon_ms, starts_after(recurrence, first_ms))]
        wanted = _wanted(template, due, now_ms)
        # Numbers count occurrences, so that a second worker or another time of asking gives the same ones.
        numbered = [(start_ms, template.next_no + n) for n, start_ms in enumerate(due) if start_ms in wanted]
        for start_ms, number in numbered:
            if not await self._create(template, start_ms, number, now_ms):
                return 0
        moved = replace(
            template,
            version=template.version + 1,
            next_start_ms=next_start_ms(recurrence, due[-1]),
            next_no=template.next_no + len(due),
        )
        await self._templates.replace_template(moved, template.version)
        return len(numbered)

    async def _create(self, template: Template, start_ms: int, number: int, now_ms: int) -> bool:
        """One tournament. A start that was missed is made up for after the lead time. False: try again."""
        recurrence, rules = template.recurrence, template.rules
        assert recurrence is not None, "asked for by a recurrence"
        tournament_id = TournamentId(derived_id("recurring", template.id, str(start_ms)))
        late = start_ms <= now_ms
        changes = {
            "name": f"{rules.name} #{number}",
            "start_at_ms": now_ms + max(recurrence.lead_ms, 60_000) if late else start_ms,
        }
        command = commands.Create(tournament_id, template.tenant, fields_of(rules) | changes)
        reply = await self._directory.create(CommandRequest(command, f"recurring:{tournament_id}", "schedule"))
        if isinstance(reply, Refused):
            log.warning("recurring_refused", extra={"template": template.id, "reason": reply.message})
        elif isinstance(reply, Done):
            fields = {"template": template.id, "tournament": tournament_id, "number": number}
            log.info("recurring_made", extra=fields)
        return isinstance(reply, Done | Refused)


def _wanted(template: Template, due: list[int], now_ms: int) -> list[int]:
    """Starts to come, and of those that were missed what the policy makes up for."""
    assert template.recurrence is not None, "asked for by a recurrence"
    coming = [start_ms for start_ms in due if start_ms > now_ms]
    missed = [start_ms for start_ms in due if start_ms <= now_ms]
    match template.recurrence.catch_up:
        case "all":
            return due
        case "latest" if missed:
            return [missed[-1], *coming]
    return coming
