"""What answers are made of: typed structs, sent as they are. The OpenAPI document is made from them."""

from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast

from msgspec import UNSET, Meta, Raw, Struct

from server.encoding.wire import dump

Amount = Annotated[Decimal, Meta(description="Money, with the exact places of its currency")]
Points = Annotated[Decimal, Meta(description="Points, with at most four places")]
Percentage = Annotated[Decimal, Meta(description="Percent, with at most four places")]
Hex = Annotated[str, Meta(description="32 bytes as hexadecimal text")]
Instant = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]
Count = Annotated[int, Meta(ge=0)]
Position = Annotated[int, Meta(ge=1, description="Place on the board; no two players share one")]
Rank = Annotated[int, Meta(ge=1, description="Ties share a rank")]


class Answer(Struct, rename="camel", kw_only=True):
    """A JSON object of an answer."""


class OpenAnswer(Answer):
    """An answer with further fields, whose names are data. A subclass declares them as `more`."""


class Pagination(Answer):
    """Which part of a list this is; `hasMore` says whether lines follow."""

    total: Count
    limit: Count
    offset: Count
    has_more: bool


A = TypeVar("A", bound=Answer)
O = TypeVar("O", bound=OpenAnswer)  # noqa: E741


def pagination(total: int, limit: int, offset: int) -> Pagination:
    """The printed paging object."""
    return Pagination(total=total, limit=limit, offset=offset, has_more=offset + limit < total)


def extended(kind: type[A], answer: Answer, **more: Any) -> A:
    """The answer as a `kind` that has all its fields and more."""
    return kind(**{name: getattr(answer, name) for name in answer.__struct_fields__}, **more)


def flat(answer: O) -> O:
    """The answer as it is sent: the fields of `more` stand beside the others, where it was declared. What
    comes back is bytes; only an encoder may look into it."""
    return cast(O, Raw(dump(fields_of(answer))))


def fields_of(answer: OpenAnswer) -> dict[str, Any]:
    """What is sent of an answer, by the names on the wire."""
    fields: dict[str, Any] = {}
    for name, sent_as in zip(answer.__struct_fields__, answer.__struct_encode_fields__, strict=True):
        value = getattr(answer, name)
        if value is not UNSET:
            fields |= value if name == "more" else {sent_as: value}
    return fields
