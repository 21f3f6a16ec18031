"""Writing down who changes what of an operator's settings, before it is changed."""

from typing import Any

from api.context.context import Context
from api.context.key_cache import Caller
from server.encoding.wire import plain
from server.ports import AuditEntry


async def write_audit_entry(
    ctx: Context, caller: Caller, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """One entry of a caller. `before` and `after` are views as the API shows them: without secrets."""
    entry = AuditEntry(ctx.clock.now_ms(), caller.name, action, subject, plain(before), plain(after))
    await ctx.audit.append(caller.tenant, entry)
