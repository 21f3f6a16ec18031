"""What a key may do: the permissions of the source pages and ours, and the roles that bundle them."""

from collections.abc import Iterable
from typing import Final

PERMISSIONS: Final = frozenset(
    {
        "tournaments.read",
        "tournaments.write",
        "tournaments.delete",
        "players.read",
        "players.write",
        "results.read",
        "templates.write",
        "scores.write",
        "payouts.read",
        "payouts.approve",
        "webhooks.write",
        "keys.admin",
        "audit.read",
    }
)
ROLES: Final[dict[str, frozenset[str]]] = {
    "full_access": PERMISSIONS - {"scores.write"},
    "tournament_manager": frozenset(
        {"tournaments.read", "tournaments.write", "tournaments.delete", "players.read", "players.write",
         "results.read", "templates.write"}
    ),
    "read_only": frozenset({"tournaments.read", "players.read", "results.read"}),
    "player_registration": frozenset({"tournaments.read", "players.read", "players.write"}),
    "game_platform": frozenset(
        {"tournaments.read", "players.read", "players.write", "results.read", "scores.write"}
    ),
}  # fmt: skip
# Who may move the casino's money may let a game platform report scores.
_GRANTS: Final = {"payouts.approve": frozenset({"scores.write"})}
GAME_PLATFORM: Final = "game_platform"
CUSTOM: Final = "custom"


def grantable(permissions: Iterable[str]) -> frozenset[str]:
    """What the holder of these may give to a key that it makes: nothing that it could not do itself."""
    own = frozenset(permissions)
    return own.union(*(more for name, more in _GRANTS.items() if name in own))
