"""What the house needs from outside, as Protocols. Adapters live in `storage` and `broadcast`."""

from server.ports.audit import Audit, AuditRow, Books, Deed, Kept
from server.ports.carrier import Publisher, Subscriber
from server.ports.events import (
    Attempt,
    AttemptFilter,
    Deliveries,
    Endpoint,
    Endpoints,
    Feed,
    FeedRow,
    Health,
    Kind,
    Lane,
    Mark,
    Outcome,
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
from server.ports.outside import Clock, Fenced, IdSource, Raced, StoreUnavailable
from server.ports.payouts import Claimed, Owed, Payouts, Wallet
from server.ports.requests import Claim, GivenAnswer, RequestAnswers
from server.ports.templates import CatchUp, Recurrence, Template, Templates

__all__ = [
    "AnswerRow",
    "ApiKey",
    "Attempt",
    "AttemptFilter",
    "Audit",
    "AuditRow",
    "BlockRow",
    "Books",
    "CatchUp",
    "Checkpoint",
    "Claim",
    "Claimed",
    "Clock",
    "Commit",
    "Deed",
    "Deliveries",
    "DueRow",
    "Endpoint",
    "Endpoints",
    "EventRow",
    "Feed",
    "FeedRow",
    "Fenced",
    "GivenAnswer",
    "Health",
    "IdSource",
    "Journal",
    "Kept",
    "Kind",
    "Lane",
    "LedgerLine",
    "Limiter",
    "ListFilter",
    "Listings",
    "Mark",
    "Operator",
    "Operators",
    "Outcome",
    "Owed",
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
    "Subscriber",
    "Template",
    "Templates",
    "Verdict",
    "Wallet",
    "Window",
]
