"""Where a player plays what is played here."""

from typing import Final

from fastapi import Request

from api.context.context import Context

# The games that have a page of ours.
PLAYABLE: Final = ("crash-classic",)


def play_url(base: str, slug: str, tournament_id: str) -> str:
    """The game's page. The token goes behind `#`, which no server and no log ever sees."""
    return f"{base.rstrip('/')}/play/{slug}/{tournament_id}#token={{jwt}}"


def base_url(request: Request, ctx: Context) -> str:
    """Under which address players reach us: the one that is set, else the one that was asked."""
    return ctx.public_url or str(request.base_url)
