"""The peer: a board pushed to sockets as a team writes it first, FastAPI's WebSocket over Redis pub/sub.

`python -m tests.load.plain_socket <redis url> <port> [--no-deflate]`
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from redis.asyncio import Redis

CHANNEL = "board"
watchers: set[WebSocket] = set()


async def broadcast() -> None:
    """Every published board to every socket."""
    line = Redis.from_url(sys.argv[1]).pubsub()
    await line.subscribe(CHANNEL)
    async for message in line.listen():
        if message["type"] == "message":
            text = message["data"].decode()
            for socket in list(watchers):
                with suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_text(text)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """The broadcast runs as long as the app."""
    task = asyncio.create_task(broadcast())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/board")
async def watch(socket: WebSocket) -> None:
    """Watch until the client leaves."""
    await socket.accept()
    watchers.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        watchers.discard(socket)


def main() -> None:
    """Serve until told to stop. As uvicorn comes messages are deflated, socket by socket."""
    deflate = "--no-deflate" not in sys.argv
    port = int(sys.argv[2])
    uvicorn.run(app, port=port, access_log=False, log_level="warning", ws_per_message_deflate=deflate)


if __name__ == "__main__":
    main()
