"""Frames over a real Redis: to every front end that listens, and nothing silently while it is away."""

import asyncio
from collections.abc import Callable

import pytest

from server.broadcast.redis_publisher import RedisPublisher
from server.broadcast.redis_subscriber import RedisSubscriber
from tests.support.servers import RestartingRedis


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def _up(publisher: RedisPublisher) -> None:
    async with asyncio.timeout(60):
        while not await publisher.publish("nobody", b""):
            await asyncio.sleep(0.05)


async def test_what_is_published_is_heard_by_all_who_listen_and_by_nobody_else() -> None:
    with RestartingRedis() as redis:
        publisher, one, two = (
            RedisPublisher(redis.url, b"secret"),
            RedisSubscriber(redis.url, b"secret"),
            RedisSubscriber(redis.url, b"secret"),
        )
        await _up(publisher)
        heard: dict[str, list[bytes | None]] = {"one a": [], "one b": [], "two a": []}
        one.listen("a", heard["one a"].append)
        one.listen("b", heard["one b"].append)
        two.listen("a", heard["two a"].append)
        await _until(lambda: one.carries("a") and one.carries("b") and two.carries("a"))
        assert heard == {"one a": [None], "one b": [None], "two a": [None]}, "asked for what came before"
        for data in (b"1", b"\xff\x00"):
            assert await publisher.publish("a", data)
        await _until(lambda: len(heard["one a"]) == len(heard["two a"]) == 3)
        assert heard == {
            "one a": [None, b"1", b"\xff\x00"],
            "one b": [None],
            "two a": [None, b"1", b"\xff\x00"],
        }
        one.leave("a")
        await publisher.publish("a", b"2")
        await _until(lambda: heard["two a"][-1] == b"2")
        assert not one.carries("a") and len(heard["one a"]) == 3
        for end in (publisher, one, two):
            await end.close()


async def test_a_redis_that_dies_is_noticed_on_both_sides_and_taken_up_again() -> None:
    with RestartingRedis() as redis:
        publisher, subscriber = RedisPublisher(redis.url, b"secret"), RedisSubscriber(redis.url, b"secret")
        await _up(publisher)
        heard: list[bytes | None] = []
        subscriber.listen("a", heard.append)
        await _until(lambda: subscriber.carries("a"))
        redis._kill()
        await _until(lambda: not subscriber.carries("a"))
        assert heard == [None, None], "what came may be incomplete"
        assert await publisher.publish("a", b"lost") is False
        redis._start()
        await _until(lambda: subscriber.carries("a"))
        await _up(publisher)
        assert await publisher.publish("a", b"found")
        await _until(lambda: heard[-1] == b"found")
        assert b"lost" not in heard
        await publisher.close()
        await subscriber.close()


@pytest.mark.unforeseen
async def test_a_frame_that_cannot_be_read_is_told_and_the_next_one_is_heard() -> None:
    heard: list[bytes | None] = []

    def hear(data: bytes | None) -> None:
        if data == b"rubbish":
            raise ValueError("planted")
        heard.append(data)

    with RestartingRedis() as redis:
        publisher, subscriber = RedisPublisher(redis.url, b"secret"), RedisSubscriber(redis.url, b"secret")
        await _up(publisher)
        subscriber.listen("a", hear)
        await _until(lambda: subscriber.carries("a"))
        await publisher.publish("a", b"rubbish")
        await _until(lambda: heard[1:] == [None, None] and subscriber.carries("a"))
        await publisher.publish("a", b"next")
        await _until(lambda: heard[-1] == b"next")
        await publisher.close()
        await subscriber.close()
