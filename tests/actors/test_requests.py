"""Every message is listed, and every answer is of the type that its request names."""

from typing import Any, get_args

import pytest

from actors import requests
from actors.local_directory import LocalDirectory
from actors.replies import BoardAnswer, Done, EntryAnswer, TournamentAnswer
from actors.requests import CommandRequest, Identity, ReadBoard, Request, request_of
from server.domain.tournament import commands
from server.storage.memory.store import MemoryStore
from tests.support.builders import TOURNAMENT, create, register
from tests.support.clock import ManualClock

READS = [
    requests.ReadBoard(0, 10),
    requests.ReadPlaces((0,)),
    requests.ReadSummary(),
    requests.PreviewCancel(),
    requests.ReadSheet(),
    requests.ReadTraceBasis("ann"),
    requests.ReadReviews(),
    requests.ReadRoom(),
]
COMMANDS: list[commands.Command] = [
    create(),
    register("ann"),
    register("ben"),
    commands.Update({"name": "Another"}),
    commands.Start(),
    commands.Advance(),
    commands.Disqualify("ann", "bots", "key:one"),
]


def test_every_request_is_a_message() -> None:
    listed = {getattr(one, "__origin__", one) for one in get_args(requests.Message)}
    made = {one for one in vars(requests).values() if isinstance(one, type) and issubclass(one, Request)}
    assert made - {Request} == listed - {
        requests.ReportFacts, requests.Tick, requests.Step, requests.RoomTick,
    }  # fmt: skip
    assert {type(one) for one in READS} | {CommandRequest, requests.Deliver} == made - {Request}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: type(one).__name__)
async def test_an_answer_is_what_the_command_says(command: commands.Command) -> None:
    directory, steps = await _opened(), COMMANDS[1 : COMMANDS.index(command)]
    for before in steps:
        await directory.ask(TOURNAMENT, _request(before))
    request = _request(command)
    made = isinstance(command, commands.Create)
    reply = await (directory.create(request) if made else directory.ask(TOURNAMENT, request))
    assert isinstance(reply, Done), reply
    assert isinstance(request.answer(reply), EntryAnswer | TournamentAnswer)
    await directory.close()


@pytest.mark.parametrize("read", READS, ids=lambda one: type(one).__name__)
async def test_an_answer_is_what_the_question_says(read: Any) -> None:
    directory = await _opened()
    await directory.ask(TOURNAMENT, _request(register("ann")))
    reply = await directory.ask(TOURNAMENT, read)
    assert isinstance(reply, Done), reply
    assert read.answer(reply) is not None
    await directory.close()


async def test_types_of_answers_follow_from_requests() -> None:
    """mypy reads this test: another pair would not type-check."""
    directory = await _opened()
    sale = request_of(register("ann"), Identity("c-1", "key:one"))
    sold = await directory.ask(TOURNAMENT, sale)
    assert isinstance(sold, Done)
    entry: EntryAnswer = sale.answer(sold)
    want = ReadBoard(0, 10)
    read = await directory.ask(TOURNAMENT, want)
    assert isinstance(read, Done)
    board: BoardAnswer = want.answer(read)
    assert [row.user_id for row in board.rows] == [entry.entry.user_id]
    await directory.close()


def _request(command: commands.Command) -> CommandRequest[Any]:
    return CommandRequest(command, f"cmd-{COMMANDS.index(command)}", "key:one")


async def _opened() -> LocalDirectory:
    clock = ManualClock()
    directory = LocalDirectory(MemoryStore(clock), clock)
    await directory.create(_request(COMMANDS[0]))
    return directory
