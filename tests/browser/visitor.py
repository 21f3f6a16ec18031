"""A visitor of the pages: opens them, and notes what a console would show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.served import Served, free_port

# What a page of ours may not do silently: violations of its policy are told to the console as errors.
_SHOWN = ("error", "warning")


class Visitor:
    """One browser context. `troubles` are console errors, page errors and answers of 500."""

    def __init__(self, served: Served, context: Any) -> None:
        self.served = served
        self.context = context
        self.troubles: list[str] = []
        self.page: Any = None

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """A path of the front end, under one of its names."""
        return f"http://{host}:{self.served.port}{path}"

    async def open(self, path: str, host: str = "127.0.0.1") -> Any:
        """A page in a tab of its own."""
        page = await self.context.new_page()
        page.on("console", lambda message: self._note(message))
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        await page.goto(path if path.startswith("http") else self.url(path, host))
        self.page = page
        return page

    def _note(self, message: Any) -> None:
        if message.type in _SHOWN:
            self.troubles.append(f"{message.type}: {message.text}")

    def forgive(self, *parts: str) -> None:
        """What a journey provokes on purpose is no trouble."""
        self.troubles = [one for one in self.troubles if not any(part in one for part in parts)]

    async def play_url(self, tournament_id: str, user: str) -> str:
        """Where a player plays, with a fresh token."""
        token = await self.served.token(tournament_id, user)
        return self.url(f"/play/crash-classic/{tournament_id}#token={token}")

    @asynccontextmanager
    async def casino(self, body: str, policy: str = "") -> AsyncIterator[str]:
        """A page of another site, a casino's, while the block lasts: its address."""

        async def answer(request: web.Request) -> web.Response:
            headers = {"Content-Security-Policy": policy} if policy else {}
            return web.Response(text=body, content_type="text/html", headers=headers)

        app, port = web.Application(), free_port("127.0.0.1")
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://localhost:{port}"
        finally:
            await runner.cleanup()

    async def picture(self, file: Path) -> None:
        """What is seen now."""
        if self.page is not None:
            await self.page.screenshot(path=file)
