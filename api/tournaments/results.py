"""Rows of a board with their prizes, wherever they are known."""

from collections.abc import Sequence

from actors.requests import ReadSheet
from api.context.context import Context
from api.tournaments.owner_client import ask
from server.domain.tournament.lifecycle import ResultsStatus
from server.domain.tournament.summary import ResultRow, Summary


async def priced_rows(
    ctx: Context, summary: Summary, limit: int, offset: int
) -> tuple[Summary, int, Sequence[ResultRow]]:
    """Final results are stored; provisional ones the owner prices as they stand; before the end there are
    none."""
    match summary.results_status:
        case ResultsStatus.NONE:
            return summary, 0, ()
        case ResultsStatus.FINAL:
            page = await ctx.listings.results(summary.tenant, summary.id, limit, offset)
            return summary, *page
    answer = await ask(ctx, summary, ReadSheet(offset, limit))
    return answer.summary, answer.total, answer.rows
