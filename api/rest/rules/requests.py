"""Query of the rules text."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from pydantic import ConfigDict

from api.http.query import QueryModel, Reads
from api.http.query_values import Whole, Zone


class RulesQuery(QueryModel):
    """Which version, by default the newest or the one that the player accepted; times are told in `timeZone`,
    by default the operator's."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    version: Annotated[int | None, Whole(1, 10**6)] = None
    time_zone: Annotated[ZoneInfo | None, Zone()] = None


RulesParams = Annotated[RulesQuery, Depends(Reads(RulesQuery))]
