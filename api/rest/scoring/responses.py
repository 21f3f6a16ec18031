"""The answer of a simulation."""

from api.answers.fact_answers import FactStatus
from api.answers.people_answers import BoardRow
from api.answers.tournament_answers import Scoring
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
