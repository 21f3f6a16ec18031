"""What a client may say on the player socket, and what it is answered."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from actors.replies import Done
from actors.requests import ReadBoard
from api.context.context import Context
from api.ws import messages
from api.ws.admission import Viewer
from api.ws.channel import Channel
from api.ws.packing import Packed, packed
from api.ws.room.connection import Connection
from config.limits import AROUND_ROWS_MAX


class Conversation:
    """One admitted client's side of the conversation."""

    __slots__ = (
        "_channel",
        "_ctx",
        "_expires_at_ms",
        "_generation",
        "_internal_id",
        "_say",
        "_seat",
        "_task",
    )  # fmt: skip

    def __init__(
        self,
        ctx: Context,
        channel: Channel,
        viewer: Viewer,
        say: Callable[[Packed], object],
    ) -> None:
        self._ctx = ctx
        self._channel = channel
        self._say = say
        self._internal_id = None if viewer.entry is None else viewer.entry.internal_player_id
        self._expires_at_ms = None if viewer.expires_at_s is None else viewer.expires_at_s * 1_000
        self._generation = viewer.generation
        self._task: asyncio.Task[None] | None = None
        self._seat: Connection | None = None
        if channel.room is not None:
            channel.room.show_to(say)
            if viewer.entry is not None:
                self._seat = channel.room.connect(viewer.entry.player_no, say)

    def _answer(self, data: bytes) -> None:
        self._say(packed(data))

    def is_expired(self, now_ms: int) -> bool:
        """Whether the token has run out and was not renewed."""
        return self._expires_at_ms is not None and now_ms >= self._expires_at_ms

    def is_ended(self, generations: Mapping[str, int]) -> bool:
        """Whether the token is of a generation that does not count any more."""
        return self._internal_id is not None and self._generation < generations.get(self._internal_id, 0)

    def hear(self, text: bytes) -> bool:
        """Answer a message; False when it is none of ours."""
        try:
            message = messages.CLIENT_MESSAGE.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        match message.type:
            case "ping":
                self._answer(messages.pong(self._ctx.clock.now_ms()))
            case "auth":
                self._renew(message.token or "")
            case "around" if self._internal_id is not None:
                self._ask_around(self._internal_id, message)
            case "join" | "leave" | "play" if self._seat is not None:
                return self._play(self._seat, message)
            case _:
                self._answer(messages.error("unknown_message", f"Nothing to do for {message.type!r}"))
        return True

    def _play(self, seat: Connection, message: messages.ClientMessage) -> bool:
        room = self._channel.room
        assert room is not None, "seats are in rooms"
        if message.type == "join":
            room.join(seat, message.seat)
        elif message.type == "leave":
            room.leave(seat)
        elif message.id is None:
            return False
        else:
            body = bytes(message.with_)
            room.play(seat, message.id, message.flight, message.move, body, message.until_ms)
        return True

    def flooded(self) -> bool:
        """A message was not read, because there were too many; False when there is no room to play in, and so
        no need for many."""
        if self._seat is None or self._channel.room is None:
            return False
        self._channel.room.flooded(self._seat)
        return True

    def end(self) -> None:
        """The socket is gone."""
        if self._seat is not None and self._channel.room is not None:
            self._channel.room.drop(self._seat)

    def _renew(self, token: str) -> None:
        """A fresh token of the same player moves the moment of expiry."""
        claims = self._ctx.tokens.verify(token, self._ctx.clock.now_ms())
        is_own = claims is not None and claims.internal_player_id == self._internal_id
        if claims is not None and is_own and claims.generation >= self._generation:
            self._expires_at_ms = claims.expires_at_s * 1_000
            self._generation = claims.generation
            self._answer(messages.renewed())
        else:
            self._answer(messages.error("unauthorized", "This token is not valid here"))

    def _ask_around(self, player: str, message: messages.ClientMessage) -> None:
        if self._task is not None and not self._task.done():
            self._answer(
                messages.error("rate_limit_exceeded", "The answer before this one is still under way")
            )
            return
        above, below = (min(max(rows, 0), AROUND_ROWS_MAX) for rows in (message.above, message.below))
        want = ReadBoard(0, 0, around=player, above=above, below=below)
        self._task = asyncio.get_running_loop().create_task(self._send_around(want))

    async def _send_around(self, want: ReadBoard) -> None:
        reply = await self._ctx.directory.ask(self._channel.summary.id, want)
        if isinstance(reply, Done):
            self._answer(messages.around(want.answer(reply), self._ctx.clock.now_ms()))
        else:
            self._answer(messages.error("service_unavailable", "Try again"))
