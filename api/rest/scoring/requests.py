"""Body of a dry run."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from api.http.body import Model
from api.http.openapi import list_of
from api.http.value_types import Line
from api.rest.tournaments.requests import ConfigBody
from api.tournaments.fact_requests import FactBody
from config.limits import SIMULATED_FACTS_MAX


class DryPlayerBody(Model):
    """A player of a dry run, under the names that the board shall show."""

    user_id: Line
    player_id: Line | None = None
    display_name: Line | None = None


class SimulateBody(Model):
    """Facts to play through a scoring. Without `players` those of the facts are registered as they come."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"events": ("facts",)}
    config: ConfigBody | None = None
    players: Annotated[list[DryPlayerBody], Field(max_length=SIMULATED_FACTS_MAX)] | None = None
    events: Annotated[list[Any], list_of(FactBody, minItems=1, maxItems=SIMULATED_FACTS_MAX)]
