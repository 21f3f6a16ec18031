"""`python -m tests.support.receiver PORT FILE`: takes events, and writes each down before it answers."""

import asyncio
import sys
from pathlib import Path

from aiohttp import web


def app_of(out: Path) -> web.Application:
    """The receiver; every POST is taken."""
    file = out.open("ab", buffering=0)

    async def take(request: web.Request) -> web.Response:
        file.write(await request.read() + b"\n")
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    return app


async def _main(port: int, out: Path) -> None:
    runner = web.AppRunner(app_of(out), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
