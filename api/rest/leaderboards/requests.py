"""Queries of boards and results."""

from typing import Annotated

from fastapi import Depends

from api.http.query import ListQuery, Reads
from api.http.query_values import Flag, OneOf, Text, Whole
from config.limits import AROUND_ROWS_MAX, BOARD_PAGE_DEFAULT, BOARD_PAGE_MAX


class BoardPageQuery(ListQuery):
    """A page of a board."""

    limit: Annotated[int, Whole(1, BOARD_PAGE_MAX)] = BOARD_PAGE_DEFAULT


class BoardQuery(BoardPageQuery):
    """A page, or with `around` (any id of a player) that player and so many rows `above` and `below`. With
    `consistency=strong` the owner is asked each time."""

    around: Annotated[str | None, Text()] = None
    above: Annotated[int, Whole(0, AROUND_ROWS_MAX)] = AROUND_ROWS_MAX
    below: Annotated[int, Whole(0, AROUND_ROWS_MAX)] = AROUND_ROWS_MAX
    include_eliminated: Annotated[bool, Flag()] = True
    consistency: Annotated[str, OneOf("eventual", "strong")] = "eventual"

    def contradictions(self) -> dict[str, str]:
        alone = self.around is None and {"above", "below"} & self.model_fields_set
        return {"around": "Is required with above and below"} if alone else {}


BoardPageParams = Annotated[BoardPageQuery, Depends(Reads(BoardPageQuery))]
BoardParams = Annotated[BoardQuery, Depends(Reads(BoardQuery))]
