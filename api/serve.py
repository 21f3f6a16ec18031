"""Serving a front end until a signal."""

import asyncio
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.context.context import Context
from api.fast.lane import FastLane
from api.fast.uvicorn_protocol import QuickProtocol
from config.door_limits import CONNECTIONS_END_S
from config.limits import KEEP_ALIVE_S, SOCKET_PING_MS, STREAM_MESSAGE_BYTES_MAX
from config.settings import Settings
from server.runtime.collector import calm_collector


class _Draining(uvicorn.Server):
    """Told to stop it first says that it is not ready, so that no new callers come; then it stops."""

    def __init__(self, config: uvicorn.Config, ctx: Context, drain_s: float) -> None:
        super().__init__(config)
        self._readiness = ctx.readiness
        self._hub = ctx.hub
        self._drain_s = drain_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._readiness.drains or not self._drain_s:
            super().handle_exit(sig, frame)
            return
        self._readiness.drains = True
        self._hub.drain()
        loop = asyncio.get_event_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain_s, super().handle_exit, sig, frame)


async def serve(settings: Settings, ctx: Context, drain_s: float = 0.0) -> None:
    """Listen until SIGTERM or SIGINT; then be not ready for a while, and close."""
    calm_collector()
    app = create_app(ctx)
    config = server_config(app, ctx, settings.host, settings.port, fast_lane=settings.fast_lane)
    await _Draining(config, ctx, drain_s).serve()


def server_config(
    app: FastAPI,
    ctx: Context,
    host: str,
    port: int,
    drain_s: int = CONNECTIONS_END_S,
    *,
    fast_lane: bool = True,
) -> uvicorn.Config:
    """How a front end listens."""
    lane = FastLane(app, ctx) if fast_lane else None
    return uvicorn.Config(
        app,
        http=partial(QuickProtocol, ctx=ctx, lane=lane),  # type: ignore[arg-type]
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `api.http.client_address` alone says whose word is taken
        ws="websockets-sansio",
        ws_max_size=STREAM_MESSAGE_BYTES_MAX,
        ws_ping_interval=SOCKET_PING_MS / 1_000,
        # uvicorn's costs 46 KiB a socket; players' sockets agree on their own (api/ws/packing.py).
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=drain_s,
    )
