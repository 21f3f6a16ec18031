"""Calls to systems of operators: bounded in time and size, never redirected, never into our own network.

Addresses are judged when they are connected to, after the name was resolved, and the judged one is the one
that is used: a name that changes its mind in between (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from config.limits import OUTGOING_ANSWER_BYTES_MAX, OUTGOING_TIMEOUT_S
from config.origin import current
from server.access.targets import is_public, private_literal
from server.runtime import tracing


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
        sent = {"Content-Type": "application/json"} | dict(headers)
        return await self._ask("POST", url, sent, body)

    async def get(self, url: str) -> Answer:
        """GET; raises `Unreachable`. A redirect is an answer like any other."""
        return await self._ask("GET", url, {})

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        self._check(url)
        sent = {"User-Agent": "Pitboss"} | dict(headers)
        try:
            with tracing.span(method, "client", host=urlsplit(url).hostname or "") as span:
                if (traceparent := current().traceparent) is not None:
                    sent[tracing.HEADER] = traceparent
                answer = await self._sent(method, url, sent, body)
                if span is not None:
                    span.set_attribute("http.response.status_code", answer.status)
                return answer
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def _sent(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        call = self._http.request(method, url, data=body, headers=headers, allow_redirects=False)
        async with call as answer:
            body_read = await answer.content.read(OUTGOING_ANSWER_BYTES_MAX)
            return Answer(answer.status, body_read, _seconds(answer.headers.get("Retry-After", "")))

    def _check(self, url: str) -> None:
        """A literal address is never resolved, so it is judged here."""
        if self._allow_private:
            return
        try:
            private = private_literal(url)
        except ValueError as error:
            raise Unreachable(str(error)) from error
        if private is not None:
            raise Unreachable(f"{private} is not a public address")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()
