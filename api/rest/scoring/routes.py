"""Trying a scoring before a tournament is played under it."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from actors.simulate import DryPlayer, dry_run, rules_of
from api.access.dependencies import Ctx, TournamentsRead
from api.access.idempotency import OnceRoute
from api.answers import views_people, views_rules
from api.answers.fact_answers import STATUS_OF
from api.http.body import Parsed, parse, read_json
from api.http.errors import ApiError, invalid
from api.http.json_response import Json
from api.http.openapi import body_of
from api.rest.scoring.requests import DryPlayerBody, SimulateBody
from api.rest.scoring.responses import SimulatedFact, SimulatedScoring, Simulation
from api.rest.tournaments.rules_mapping import spelled
from api.rest.tournaments.scoring_mapping import scoring_of
from api.tournaments.fact_decoder import read_facts
from config.limits import SIMULATED_FACTS_MAX
from server.domain.scoring.declaration import faults_of
from server.domain.scoring.fact import Fact
from server.encoding.answer import extended

router = APIRouter(route_class=OnceRoute, prefix="/api/scoring", tags=["Scoring"])


@router.post("/simulate", openapi_extra=body_of(SimulateBody))
async def simulate_scoring(request: Request, ctx: Ctx, caller: TournamentsRead) -> Json[Simulation]:
    """Play facts through a scoring: the same facts played live give the same board, byte for byte. Every
    fact counts whatever its time; one entry a player."""
    parsed = parse(await read_json(request), SimulateBody)
    scoring = scoring_of(parsed.values.get("config") or {}, parsed, None)
    faults = {f"scoring.{name}": why for name, why in faults_of(scoring).items()}
    parsed.faults |= spelled(faults, parsed)
    # Thousands of facts take a while: other callers go on meanwhile.
    facts = await run_in_threadpool(_facts, parsed)
    parsed.raise_faults()
    rules, players, now_ms = rules_of({"scoring": scoring}), _players(parsed, facts), ctx.clock.now_ms()
    run = await run_in_threadpool(dry_run, rules, players, facts, now_ms)
    return Json(
        Simulation(
            scoring=extended(SimulatedScoring, views_rules.scoring(scoring), model=scoring.model),
            tie_breakers=list(scoring.ties),
            leaderboard=[views_people.live_board_row(row) for row in run.rows],
            results=[
                SimulatedFact(event_id=fact.event_id, status=STATUS_OF[outcome])
                for fact, outcome in zip(facts, run.outcomes, strict=True)
            ],
        )
    )


def _facts(parsed: Parsed) -> list[Fact]:
    """The facts; their faults join those of the rest."""
    if "events" not in parsed.values:
        return []
    try:
        return read_facts(parsed.values["events"], parsed.path("events"), SIMULATED_FACTS_MAX)
    except ApiError as error:
        parsed.faults |= error.fields.details or {}
        return []


def _players(parsed: Parsed, facts: list[Fact]) -> list[DryPlayer]:
    """Who plays: as named, else all players in the facts, in order."""
    named: list[DryPlayerBody] | None = parsed.values.get("players")
    if named is None:
        return [DryPlayer(name, name, name) for name in dict.fromkeys(fact.player for fact in facts)]
    if len({player.user_id for player in named}) < len(named):
        raise invalid({parsed.path("players"): "Must name every player once"})
    return [
        DryPlayer(one.user_id, one.player_id or one.user_id, one.display_name or one.user_id) for one in named
    ]
