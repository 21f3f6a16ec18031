"""Queries of public lists."""

from typing import Annotated

from fastapi import Depends

from api.http.query import ListQuery, Reads
from api.http.query_values import OneOf, Whole
from config.limits import LIST_PAGE_MAX


class PublicQuery(ListQuery):
    """`mode`: tournaments of live or of test keys."""

    mode: Annotated[str | None, OneOf("live", "test")] = None
    limit: Annotated[int, Whole(1, LIST_PAGE_MAX)] = 20


PublicParams = Annotated[PublicQuery, Depends(Reads(PublicQuery))]
