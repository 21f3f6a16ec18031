"""Writing down who changes what of an operator's settings, before it is changed."""

from typing import Any

from api.context.context import Resources
from api.context.key_cache import Caller
from server.encoding.wire import plain
from server.ports import Deed


async def note(
    home: Resources, caller: Caller, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """One deed of a caller. `before` and `after` are views as the API shows them: without secrets."""
    deed = Deed(home.clock.now_ms(), caller.name, action, subject, plain(before), plain(after))
    await home.audit.append(caller.tenant, deed)
