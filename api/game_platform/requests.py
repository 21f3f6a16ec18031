"""Bodies about rounds."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from api.http.body import Model


class PaceBody(Model):
    """A game platform starts or ends round number `round`."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {"round": ("roundNumber", "round_number")}
    action: Literal["start", "end"]
    round: Annotated[int, Field(ge=1, le=1_000)]
