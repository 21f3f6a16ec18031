"""Messages of the socket that takes facts: they are built from these types, and the AsyncAPI document too."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from api.answers.fact_answers import FactLine
from api.ws.messages import Close
from server.domain.tournament.lifecycle import Status
from server.encoding.answer import Count, Instant

BatchName = Annotated[int | str, Meta(description="The sender's name for a batch; its answer repeats it")]


class _Frame(Struct, rename="camel", tag_field="type", kw_only=True):
    pass


class StreamWelcome(_Frame, tag="welcome"):
    """First: what may be sent. Up to `batchesMax` batches may wait for their answers."""

    protocol: int
    server_time: Instant
    tournament_id: str
    status: Status
    facts_max: Count
    batches_max: Count


class FactsTaken(_Frame, tag="ack"):
    """The batch is stored. `others` are the facts that were not accepted."""

    batch: BatchName
    accepted: Count
    others: list[FactLine]


class FactsRefused(_Frame, tag="error"):
    """Nothing of the batch was taken, or it is not known: send it again when `error` allows."""

    batch: BatchName
    error: str
    message: str
    details: Annotated[dict[str, Any] | UnsetType, Meta(description="What belongs to the error")] = UNSET
    retry_after: Annotated[int | UnsetType, Meta(description="Seconds")] = UNSET


class SendFacts(Struct, forbid_unknown_fields=True):
    """Facts of one batch, as over HTTP (`FactRequest` in the OpenAPI document)."""

    batch: BatchName
    events: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "object"}})]


StreamFrame = StreamWelcome | FactsTaken | FactsRefused
# What ends the stream, by the HTTP status of the reason; any other: a bad message.
CLOSE_OF = {
    401: Close.LOG_IN_AGAIN,
    403: Close.FORBIDDEN,
    404: Close.NOT_FOUND,
    429: Close.TOO_MANY,
    503: Close.RECONNECT,
}
CLOSES = (Close.BAD_FRAME, *CLOSE_OF.values())
