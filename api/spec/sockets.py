"""The AsyncAPI 3.0 document of the player socket, made from the types of its messages."""

from functools import cache
from typing import Any, get_args

import msgspec

from api.ws.messages import PROTOCOL_VERSION, Close
from server.broadcast.frames import ClientFrame, ServerFrame

_MEANING = {
    Close.BAD_FRAME: "A frame that is not one of ours",
    Close.LOG_IN_AGAIN: "No token, or one that is not valid any more",
    Close.FORBIDDEN: "Not this tournament's player, or a page that is not on the operator's list",
    Close.NOT_FOUND: "No such tournament, or not a public one",
    Close.RECONNECT: "Come back at once, with `resume`: maintenance, or the tournament moved",
    Close.TOURNAMENT_OVER: "Results are final, or it was cancelled: nothing will follow",
    Close.TOO_MANY: "Too many messages, or a reader that was stuck for 30 s",
}
_QUERY = {
    "token": "A player's token, where no header can be sent",
    "resume": "`<epoch>:<seq>` of the last frame that was seen",
    "spectate": "Watch a public tournament without a token",
}


def _told(struct: Any) -> str:
    return " ".join((struct.__doc__ or "").split())


@cache
def asyncapi() -> dict[str, Any]:
    """The whole document. Refers to nothing outside itself."""
    ours, theirs = get_args(ServerFrame), get_args(ClientFrame)
    _, parts = msgspec.json.schema_components([*ours, *theirs], ref_template="#/components/schemas/{name}")
    messages = {
        struct.__name__: {
            "name": struct.__struct_config__.tag,
            "summary": _told(struct),
            "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
        }
        for struct in (*ours, *theirs)
    }
    here = "#/channels/tournament"
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Pitboss player socket", "version": str(PROTOCOL_VERSION)},
        "channels": {
            "tournament": {
                "address": "/ws/tournaments/{tournamentId}",
                "description": "Authorization: Bearer <token>, `?token=`, or a first `auth` frame within 5 s.",
                "parameters": {"tournamentId": {"description": "The tournament"}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"query": _query(), "bindingVersion": "0.1.0"}},
                "x-close-codes": {str(int(code)): text for code, text in _MEANING.items()},
            }
        },
        "operations": {
            "watch": _operation("send", here, ours),
            "talk": _operation("receive", here, theirs),
        },
        "components": {"messages": messages, "schemas": parts},
    }


def _query() -> dict[str, Any]:
    fields = {name: {"type": "string", "description": text} for name, text in _QUERY.items()}
    return {"type": "object", "properties": fields}


def _operation(action: str, channel: str, structs: tuple[Any, ...]) -> dict[str, Any]:
    """`send` and `receive` are the server's."""
    names = [{"$ref": f"{channel}/messages/{struct.__name__}"} for struct in structs]
    return {"action": action, "channel": {"$ref": channel}, "messages": names}
