"""Query of a record."""

from typing import Annotated

from fastapi import Depends

from api.http.query import QueryModel, Reads
from api.http.query_values import OneOf
from server.reports.record import SECTIONS

MEDIA = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


class RecordQuery(QueryModel):
    """`section` is for csv, which holds one."""

    format: Annotated[str, OneOf(*MEDIA)] = "json"
    section: Annotated[str, OneOf(*SECTIONS[1:])] = "players"

    def contradictions(self) -> dict[str, str]:
        strange = "section" in self.model_fields_set and self.format != "csv"
        return {"section": "Is for csv only"} if strange else {}


RecordParams = Annotated[RecordQuery, Depends(Reads(RecordQuery))]
