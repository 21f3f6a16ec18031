"""Answers about the rules as players read them."""

from server.encoding.answer import Answer, Instant, Position


class RulesSection(Answer):
    """A heading and its sentences."""

    title: str
    lines: list[str]


class RulesChange(Answer):
    """One version of the rules: which fields were `changed`, and when."""

    version: Position
    at: Instant
    changed: list[str]
    hash: str


class RulesText(Answer):
    """The rules in words. `hash` is that of the version's text and configuration."""

    tournament_id: str
    name: str
    version: Position
    current_version: Position
    hash: str
    valid_from: Instant
    language: str
    time_zone: str
    sections: list[RulesSection]
    changes: list[RulesChange]
