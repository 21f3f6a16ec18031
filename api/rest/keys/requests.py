"""Bodies of key requests."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from api.http.body import Model
from api.http.value_types import Instant, Line
from config.limits import KEY_OVERLAP_DEFAULT_S
from server.access.keys import is_network
from server.access.permissions import PERMISSIONS, ROLES


def _role(value: Any) -> Any:
    if not isinstance(value, str) or value not in ROLES:
        raise ValueError(f"Must be one of {', '.join(sorted(ROLES))}")
    return value


def _permissions(value: Any) -> Any:
    if not isinstance(value, list) or not value or any(one not in sorted(PERMISSIONS) for one in value):
        raise ValueError(f"Must be some of {', '.join(sorted(PERMISSIONS))}")
    return value


def _networks(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(one, str) and is_network(one) for one in value):
        raise ValueError("Must be addresses or networks such as 10.0.0.0/8")
    return value


class KeyBody(Model):
    """A new key: a role, or a list of permissions."""

    name: Line
    role: Annotated[str, BeforeValidator(_role)] | None = None
    permissions: Annotated[list[str], BeforeValidator(_permissions)] | None = None
    expires_at: Instant | None = None
    allowed_ips: Annotated[list[str], BeforeValidator(_networks), Field(max_length=100)] | None = None


class RotateBody(Model):
    """How long the present secret opens the key beside the new one."""

    ALIASES: ClassVar[dict[str, tuple[str, ...]]] = {}
    overlap_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = KEY_OVERLAP_DEFAULT_S
