"""What a front end holds, and how it is opened and closed."""

from dataclasses import dataclass

from fastapi import Request, WebSocket

from actors.directory import Directory
from actors.fact_batcher import FactCourier
from api.access.connection_limits import Crowd
from api.access.stranger_limits import Strangers
from api.context.answer_cache import Moments
from api.context.key_cache import KeyRing
from api.context.page_cache import BoardPages
from api.context.player_tokens import Tokens
from api.context.readiness import Readiness
from api.context.summary_cache import Known
from api.http.client_address import Doorman
from api.tournaments.history_reader import Pasts
from api.ws.hub import Hub
from server.access.targets import private_literal
from server.ports import (
    Audit,
    Books,
    Clock,
    Deliveries,
    Endpoints,
    Feed,
    IdSource,
    Limiter,
    Listings,
    Operators,
    Payouts,
    RequestAnswers,
    Templates,
)


@dataclass(slots=True)
class Resources:
    """Handed to `create_app`; every door takes from here."""

    directory: Directory
    courier: FactCourier
    listings: Listings
    known: Known
    operators: Operators
    requests: RequestAnswers
    templates: Templates
    payouts: Payouts
    feed: Feed
    endpoints: Endpoints
    deliveries: Deliveries
    audit: Audit
    books: Books
    limiter: Limiter
    pages: BoardPages
    keyring: KeyRing
    tokens: Tokens
    hub: Hub
    clock: Clock
    ids: IdSource
    pasts: Pasts
    doorman: Doorman
    strangers: Strangers
    moments: Moments
    readiness: Readiness
    crowd: Crowd
    sockets_crowd: Crowd
    metrics_token: str | None = None
    public_operator: str | None = None
    private_targets: bool = False

    def check_target(self, url: str) -> None:
        """Raises `ValueError` for an address that workers would refuse to call."""
        private = private_literal(url)
        if private is not None and not self.private_targets:
            raise ValueError(
                f"{private} is not a public address (PITBOSS_ALLOW_PRIVATE_TARGETS=true allows it)"
            )


def of(request: Request) -> Resources:
    """The resources of the app that serves a request."""
    found: Resources = request.app.state.resources
    return found


def of_socket(socket: WebSocket) -> Resources:
    """The resources of the app that serves a socket."""
    found: Resources = socket.app.state.resources
    return found
