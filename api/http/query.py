"""Query parameters: both spellings, strict values, all faults told at once."""

import difflib
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from fastapi import Request
from pydantic.alias_generators import to_camel, to_snake

from api.http.errors import invalid
from api.http.value_types import instant_of

T = TypeVar("T")
_OFFSET_MAX = 10**8


class Query:
    """`with Query(request, "limit", "offset") as query:` reads them; leaving the block tells all faults.

    `known` are camelCase; snake_case is read too. What would be ignored is refused, naming the nearest
    known one.
    """

    def __init__(self, request: Request, *known: str) -> None:
        self.faults: dict[str, str] = {}
        self._given: dict[str, str] = {}
        spelled = {spelling: name for name in known for spelling in (name, to_snake(name))}
        for key, value in request.query_params.multi_items():
            name = spelled.get(key)
            if name is None:
                near = difflib.get_close_matches(to_camel(key), known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.faults[key] = f"Unknown query parameter{hint}"
            elif self._given.setdefault(name, value) != value:
                self.faults[key] = "Is given twice with different values"

    def __enter__(self) -> "Query":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self.faults:
            raise invalid(self.faults)

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def text(self, name: str) -> str | None:
        """As it came, None when it did not."""
        return self._given.get(name)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""

        def read(text: str) -> int:
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
            if not least <= number <= most:
                raise ValueError(f"Must be a whole number from {least} to {most}")
            return number

        return self._read(name, default, read)

    def flag(self, name: str, default: bool) -> bool:
        """`true` or `false`."""
        return self.among(name, {"true": True, "false": False}, default)

    def among(self, name: str, values: dict[str, T], default: T) -> T:
        """One of a few words."""

        def read(text: str) -> T:
            if text not in values:
                raise ValueError(f"Must be one of {', '.join(values)}")
            return values[text]

        return self._read(name, default, read)

    def day(self, name: str) -> int | None:
        """An instant, or a date as its first moment in UTC."""
        # A plus sign in a query arrives as a space when the caller forgot to escape it.
        return self._read(
            name,
            None,
            lambda text: instant_of(f"{text}T00:00:00Z" if len(text) == 10 else text.replace(" ", "+")),
        )

    def page(self, default: int, most: int) -> tuple[int, int]:
        """`limit` and `offset`."""
        return self.whole("limit", default, 1, most), self.whole("offset", 0, 0, _OFFSET_MAX)

    def _read(self, name: str, default: T, read: Callable[[str], T]) -> T:
        text = self._given.get(name)
        if text is None:
            return default
        try:
            return read(text)
        except ValueError as error:
            self.faults[name] = str(error)
            return default
