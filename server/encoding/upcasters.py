"""Stored events of former shapes, brought to the present shape when they are read.

A stored event never changes: its hash covers its kind and its bytes. A field that is added with a default
needs nothing here. Any other change of shape gets a new kind with a number ("registered@2"), the former kind
stays in the logs, and a function here makes the fields of the next kind from those of the former one.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

Fields = dict[str, Any]
# Former kind: the kind that it becomes, and how its fields become those of that kind.
UPCASTERS: Final[dict[str, tuple[str, Callable[[Fields], Fields]]]] = {}


def present_kind(kind: str) -> str:
    """The kind that events of a kind are read as."""
    while kind in UPCASTERS:
        kind = UPCASTERS[kind][0]
    return kind


def present(kind: str, payload: bytes) -> tuple[str, bytes]:
    """The present kind and payload of a stored event. All but former kinds come back as they are."""
    if kind not in UPCASTERS:
        return kind, payload
    fields = msgspec.json.decode(payload)
    while kind in UPCASTERS:
        kind, change = UPCASTERS[kind]
        fields = change(fields)
    return kind, msgspec.json.encode(fields)
