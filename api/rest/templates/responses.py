"""Answers about templates, and tournaments made of them."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType, field

from api.answers.tournament_answers import CreatedHead
from server.domain.tournament.lifecycle import Status
from server.encoding.answer import Amount, Answer, Count, Instant, OpenAnswer, Pagination, Position
from server.ports.templates import CatchUp


class RecurrenceAnswer(Answer):
    """When tournaments are made by themselves, and the next one."""

    cron: str
    timezone: str
    lead_minutes: Count
    paused: bool
    skip: list[str]
    catch_up: CatchUp
    next_start: Instant | None
    next_number: Position


class TemplateAnswer(OpenAnswer):
    """A template: its configuration as it was sent, in the fields of a new tournament, and these."""

    more: dict[str, Any]
    template_id: str
    version: Position
    created_at: Instant
    updated_at: Instant
    recurrence: RecurrenceAnswer | None


class TemplateList(Answer):
    """Templates, newest first."""

    templates: list[TemplateAnswer]
    pagination: Pagination


class DeletedTemplate(Answer):
    """A template that is gone."""

    template_id: str
    deleted: bool


class BulkLine(OpenAnswer, rename=None, kw_only=True):
    """What became of one tournament: `created` with what a create answers, or `failed` with
    an error and what belongs to it."""

    index: Count
    tournament_id: str | UnsetType = UNSET
    tournament_id_too: str | UnsetType = field(default=UNSET, name="tournamentId")
    status: Literal["created", "failed"]
    estimated_prize_pool: Amount | UnsetType = UNSET
    tournament: CreatedHead | UnsetType = UNSET
    tournament_status: Status | UnsetType = field(default=UNSET, name="tournamentStatus")
    error: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    more: dict[str, Any] = field(default_factory=dict)


class BulkResult(Answer):
    """Tournaments made of a template, each with its own outcome."""

    template_id: str
    created: Count
    failed: Count
    results: list[BulkLine]
