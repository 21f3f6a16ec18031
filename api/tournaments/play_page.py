"""Where a player plays what is played here."""

from typing import Final

# The games that have a page of ours.
PLAYABLE: Final = ("crash-classic",)


def play_url(base: str, slug: str, tournament_id: str) -> str:
    """The game's page. The token goes behind `#`, which no server and no log ever sees."""
    return f"{base.rstrip('/')}/play/{slug}/{tournament_id}#token={{jwt}}"
