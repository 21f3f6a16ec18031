"""Calls to systems of operators: bounded in time and size, never redirected, never into our own network.

Addresses are judged when they are connected to, after the name was resolved, and the judged one is the one
that is used: a name that changes its mind in between (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from config.limits import OUTGOING_ANSWER_BYTES_MAX, OUTGOING_TIMEOUT_S

# Addresses that carry an IPv4 address inside.
_NAT64 = ip_network("64:ff9b::/96")
# What Python 3.11 takes for global and is not: local NAT64, site-local, IPv4-compatible, documentation, and
# the address at which machines of one cloud reach their host.
_INSIDE = tuple(map(ip_network, ("64:ff9b:1::/48", "fec0::/10", "::/96", "3fff::/20", "168.63.129.16/32")))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the body is clipped. `retry_after_s` is what the receiver asked for, in seconds."""

    status: int
    body: bytes
    retry_after_s: float | None = None


class Unreachable(Exception):  # noqa: N818 - becomes a retry
    """No answer: refused target, no connection, too slow, broken."""


class Caller(Protocol):
    """What reaches systems of operators; raises `Unreachable`."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large: not to a machine, not to a private network."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    inside = any(found.version == network.version and found in network for network in _INSIDE)
    return found.is_global and not found.is_multicast and not inside


def _seconds(text: str) -> float | None:
    """`Retry-After` in seconds; as a date it is left aside, our own pauses will do."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


class _PublicResolver(AbstractResolver):
    """Resolves names to public addresses only."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise OSError(None, f"{host} is not a public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


class Outgoing:
    """One pool of connections for all calls of a process."""

    def __init__(self, allow_private: bool, resolver: AbstractResolver | None = None) -> None:
        self._allow_private = allow_private
        inner = resolver or aiohttp.ThreadedResolver()
        connector = aiohttp.TCPConnector(
            resolver=inner if allow_private else _PublicResolver(inner), use_dns_cache=False, limit=0
        )
        self._http = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=OUTGOING_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST JSON; raises `Unreachable`. A redirect is an answer like any other."""
        self._check(url)
        told = {"Content-Type": "application/json", "User-Agent": "Pitboss"} | dict(headers)
        try:
            async with self._http.post(url, data=body, headers=told, allow_redirects=False) as answer:
                said = await answer.content.read(OUTGOING_ANSWER_BYTES_MAX)
                return Answer(answer.status, said, _seconds(answer.headers.get("Retry-After", "")))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    def _check(self, url: str) -> None:
        """A literal address is never resolved, so it is judged here. aiohttp takes any digits for one, and the
        system then reads 2130706433 as 127.0.0.1."""
        try:
            host = URL(url).host or ""
        except ValueError as error:
            raise Unreachable(str(error)) from error
        literal = ":" in host or host.replace(".", "").isdigit()
        if literal and not self._allow_private and not is_public(host):
            raise Unreachable(f"{host} is not a public address")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()
