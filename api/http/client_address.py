"""Whose address a request comes from: the peer's, or behind a trusted proxy what that says. One function for
REST, sockets and metrics."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

_Address = IPv4Address | IPv6Address


class ClientAddresses:
    """Knows the proxies that may speak for others; without any, no one does."""

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        self._networks = tuple(ip_network(one) for one in proxies)

    @property
    def has_proxies(self) -> bool:
        """Whether some callers come through proxies."""
        return bool(self._networks)

    def speaks_for_others(self, peer: str | None) -> bool:
        """Whether many callers come from this address."""
        return self._trusts(_parsed(peer))

    def caller(self, connection: HTTPConnection) -> str | None:
        """Where a request or a socket comes from."""
        peer = None if connection.client is None else connection.client.host
        return self.address(peer, forwarded(connection.headers.getlist("x-forwarded-for")))

    def address(self, peer: str | None, forwarded: str | None) -> str | None:
        """The address of a caller: from the right the first one in `X-Forwarded-For` that is no proxy of
        ours."""
        if forwarded is None or not self._trusts(_parsed(peer)):
            return peer
        for text in reversed(forwarded.split(",")):
            found = _parsed(text.strip())
            if found is None:
                return peer
            if not self._trusts(found):
                return str(found)
        return peer

    def _trusts(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _parsed(text: str | None) -> _Address | None:
    try:
        found = ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def forwarded(lines: Sequence[str]) -> str | None:
    """All `X-Forwarded-For` lines as one list: proxies add their own behind what the caller sent."""
    return ", ".join(lines) if lines else None


def neighbourhood(address: str | None) -> str:
    """What is counted as one: an address, or of IPv6 the network that one household has."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found is not None else "unknown"


def is_loopback(address: str | None) -> bool:
    """Whether it is this machine."""
    found = _parsed(address)
    return found is not None and found.is_loopback
