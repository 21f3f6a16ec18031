"""The AsyncAPI document: complete, valid JSON Schema, and the same as what the server accepts and sends."""

from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from api.game_platform.stream_frames import SendFacts, StreamFrame
from api.spec.sockets import asyncapi
from api.ws import messages
from api.ws.messages import Close
from server.broadcast.frames import ClientFrame, ServerFrame
from tests.architecture.test_shape import ROOT
from tests.support.app import a_house


async def test_it_is_served_and_says_every_close_code_and_every_message() -> None:
    async with a_house() as house:
        told = (await house.client.get("/asyncapi.json")).json()
        page = await house.client.get("/docs/sockets")
    assert page.status_code == 200 and "/asyncapi.json" in page.text
    assert told == msgspec.json.decode(msgspec.json.encode(asyncapi()))
    channels = told["channels"]
    assert set(channels["tournament"]["x-close-codes"]) == {str(int(code)) for code in Close}
    assert set(channels["facts"]["x-close-codes"]) == {"4400", "4401", "4403", "4404", "4408", "4429"}
    players = {struct.__name__ for struct in (*get_args(ServerFrame), *get_args(ClientFrame))}
    platforms = {struct.__name__ for struct in (*get_args(StreamFrame), SendFacts)}
    assert set(channels["tournament"]["messages"]) == players
    assert set(channels["facts"]["messages"]) == platforms
    named = players | platforms
    assert set(told["components"]["messages"]) == named
    said = [m["$ref"].rsplit("/", 1)[1] for o in told["operations"].values() for m in o["messages"]]
    assert sorted(said) == sorted(named)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [
            *([node["$ref"]] if "$ref" in node else []),
            *(r for v in node.values() for r in _references(v)),
        ]
    return [r for v in node for r in _references(v)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    told = asyncapi()
    for reference in _references(told):
        at: Any = told
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "text", ['{"type":"auth","token":"x"}', '{"type":"ping"}', '{"type":"around","above":3,"below":0}']
)
def test_what_is_published_for_clients_is_what_the_server_reads(text: str) -> None:
    assert messages.CLIENT_MESSAGE.decode(text).type == msgspec.json.decode(text)["type"]
    msgspec.json.decode(text, type=ClientFrame)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text.replace("{", '{"more":1,', 1), type=ClientFrame)


def test_every_frame_and_close_code_is_in_the_docs() -> None:
    text = (ROOT / "docs/api.md").read_text()
    for struct in get_args(ServerFrame):
        assert f"`{struct.__struct_config__.tag}`" in text, struct
    for code in Close:
        assert str(int(code)) in text, code
