"""What all frames of the player socket are made of."""

from typing import Annotated

from msgspec import Meta, Struct

Epoch = Annotated[int, Meta(description="Changes when the tournament's owner changes", ge=1)]


class Part(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A part of a frame."""


class Frame(Struct, forbid_unknown_fields=True, rename="camel", tag_field="type", kw_only=True):
    """A whole frame; `type` says which."""
