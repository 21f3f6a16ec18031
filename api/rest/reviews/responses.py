"""Answers about reviews."""

from server.encoding.answer import Answer
from server.reports.record_lines import ReviewLine


class NamedReview(ReviewLine):
    """A review with the name of its player."""

    display_name: str


class DecidedReview(NamedReview):
    """The review as it was decided."""

    tournament_id: str


class ReviewList(Answer):
    """All reviews of a tournament, oldest first."""

    tournament_id: str
    reviews: list[NamedReview]
