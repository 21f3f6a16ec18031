"""What the house needs from outside, as Protocols. Adapters live in `storage` and `broadcast`."""

from server.ports.audit import Audit, AuditEntry, AuditRow, Ledgers, StoredTournament
from server.ports.basics import Clock, Fenced, IdSource, Raced, StoreUnavailable
from server.ports.carrier import Publisher, Subscriber
from server.ports.events import (
    Attempt,
    AttemptFilter,
    Deliveries,
    DeliveryCursor,
    DeliveryOutcome,
    DeliveryProgress,
    Endpoint,
    EndpointKind,
    Endpoints,
    Feed,
    FeedRow,
    Health,
)
from server.ports.journal import (
    AnswerRow,
    BlockRow,
    Checkpoint,
    Commit,
    EventRow,
    Journal,
    PaymentRow,
    PostingRow,
)
from server.ports.limits import Limiter, Verdict, Window
from server.ports.listings import DueRow, LedgerLine, ListFilter, Listings, Played, RuleChange
from server.ports.operators import ApiKey, Operator, Operators
from server.ports.payouts import ClaimedPayout, Payouts, StoredPayout, Wallet
from server.ports.requests import Claim, GivenAnswer, RequestAnswers
from server.ports.templates import CatchUp, Recurrence, Template, Templates

__all__ = [
    "AnswerRow",
    "ApiKey",
    "Attempt",
    "AttemptFilter",
    "Audit",
    "AuditEntry",
    "AuditRow",
    "BlockRow",
    "CatchUp",
    "Checkpoint",
    "Claim",
    "ClaimedPayout",
    "Clock",
    "Commit",
    "Deliveries",
    "DeliveryCursor",
    "DeliveryOutcome",
    "DeliveryProgress",
    "DueRow",
    "Endpoint",
    "EndpointKind",
    "Endpoints",
    "EventRow",
    "Feed",
    "FeedRow",
    "Fenced",
    "GivenAnswer",
    "Health",
    "IdSource",
    "Journal",
    "LedgerLine",
    "Ledgers",
    "Limiter",
    "ListFilter",
    "Listings",
    "Operator",
    "Operators",
    "PaymentRow",
    "Payouts",
    "Played",
    "PostingRow",
    "Publisher",
    "Raced",
    "Recurrence",
    "RequestAnswers",
    "RuleChange",
    "StoreUnavailable",
    "StoredPayout",
    "StoredTournament",
    "Subscriber",
    "Template",
    "Templates",
    "Verdict",
    "Wallet",
    "Window",
]
