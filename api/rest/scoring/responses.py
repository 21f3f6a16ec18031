"""The answer of a simulation."""

from api.tournaments.answers import Scoring
from api.tournaments.answers_facts import FactStatus
from api.tournaments.answers_people import BoardRow
from server.domain.scoring.registry import Model
from server.domain.scoring.ties import Tie
from server.encoding.answer import Answer


class SimulatedScoring(Scoring):
    """The scoring that was tried."""

    model: Model


class SimulatedFact(Answer, rename=None):
    """What became of one fact."""

    event_id: str
    status: FactStatus


class Simulation(Answer):
    """The board that these facts make, and what became of each."""

    scoring: SimulatedScoring
    tie_breakers: list[Tie]
    leaderboard: list[BoardRow]
    results: list[SimulatedFact]
