"""Bodies of templates and of bulk creation."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from api.http.body import Model
from api.http.openapi import list_of
from api.http.value_types import Line
from api.rest.tournaments.requests import TournamentBody


class RecurrenceBody(Model):
    """Tournaments again and again: at the times of `cron` in `timezone`, created `lead_minutes` before."""

    cron: Line
    timezone: Line = "UTC"
    lead_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 31)] = 60
    paused: bool = False
    skip: Annotated[list[Line], Field(max_length=400)] = []  # noqa: RUF012 - a model's default
    catch_up: Literal["skip", "latest", "all"] = "skip"


class TemplateBody(TournamentBody):
    """What every tournament of a template has; times are given with each tournament."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = TournamentBody.ALIASES
    format: Literal["scheduled", "hop_on_off"] | None = None
    start_condition: Literal["scheduled_time", "min_players_reached"] | None = None
    recurrence: RecurrenceBody | None = None


class NewTemplateBody(TemplateBody):
    """A new template."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = TournamentBody.ALIASES
    name: Line
    game_slug: Line


class BulkBody(Model):
    """Many tournaments of one template; each line may change what the template says."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"schedule": ("tournaments",)}
    template_id: Line
    schedule: Annotated[list[Any], list_of(TemplateBody, minItems=1)]
