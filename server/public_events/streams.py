"""Names of streams: a tournament's is its id; the house has some of its own, per tenant."""

from collections.abc import Sequence

from server.domain.ids import Tenant


def house_stream(tenant: Tenant) -> str:
    """Alerts and changes of status for one tenant."""
    return _own("house", tenant)


def probe_stream(tenant: Tenant, name: str) -> str:
    """One test event."""
    return f"{_own('probe', tenant)}:{name}"


def tournament_of(stream: str) -> str | None:
    """The tournament whose events these are; no id of one has a colon."""
    return None if ":" in stream else stream


def wants(types: Sequence[str], event_type: str) -> bool:
    """Whether an endpoint's filter lets an event pass: types, or families as `player.*`; none means all."""
    return not types or any(
        event_type == want or (want.endswith(".*") and event_type.startswith(want[:-1])) for want in types
    )


def _own(purpose: str, tenant: Tenant) -> str:
    return f"{purpose}:{tenant.operator_id}:{'live' if tenant.live else 'test'}"
