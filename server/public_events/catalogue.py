"""The catalogue of public events: what each says, and when. Pages, JSON Schemas and checks come from it.

Within a version fields are only added; receivers leave aside what they do not know.
"""

from functools import cache
from typing import Any, Final

import msgspec

from server.public_events import data
from server.public_events.data import CATALOGUE as CATALOGUE

TYPE_OF: Final[dict[type[data.Data], str]] = {kind: name for name, kind in CATALOGUE.items()}
_FAMILIES = {name.partition(".")[0] + ".*" for name in CATALOGUE}


@cache
def _decoder(event_type: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(CATALOGUE[event_type])


def fault(event_type: str, payload: bytes) -> str | None:
    """How an event is not what was published; None when it is."""
    if event_type not in CATALOGUE:
        return f"no such type: {event_type}"
    try:
        _decoder(event_type).decode(payload)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def is_pattern(text: str) -> bool:
    """Whether a filter may name it: a type, or a family."""
    return text in CATALOGUE or text in _FAMILIES


def sentence_of(event_type: str) -> str:
    """In a sentence, when it happens."""
    return " ".join((CATALOGUE[event_type].__doc__ or "").split())
