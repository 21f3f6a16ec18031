"""The AsyncAPI 3.0 document of both sockets, made from the types of their messages."""

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args

import msgspec

from api.game_platform.stream_frames import CLOSES, SendFacts, StreamFrame
from api.http.openapi import REF
from api.spec.schemas import as_published
from api.ws.messages import PROTOCOL_VERSION, Close
from server.broadcast.frames import ClientFrame, ServerFrame

_MEANING = {
    Close.BAD_FRAME: "A frame that is not one of ours",
    Close.LOG_IN_AGAIN: "No token, or one that is not valid any more",
    Close.FORBIDDEN: "The credential may not do this here, or the page is not on the operator's list",
    Close.NOT_FOUND: "No such tournament, or not a public one",
    Close.RECONNECT: "Come back at once, with `resume`: maintenance, or the tournament moved",
    Close.TOURNAMENT_OVER: "Results are final, or it was cancelled: nothing will follow",
    Close.TOO_MANY: "Too many messages or connections, or a reader that was stuck for 30 s",
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
    answers, facts = get_args(StreamFrame), (SendFacts,)
    structs = (*ours, *theirs, *answers, *facts)
    _, parts = msgspec.json.schema_components(structs, ref_template=f"{REF}{{name}}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Pitboss sockets", "version": str(PROTOCOL_VERSION)},
        "channels": {"tournament": _tournament((*ours, *theirs)), "facts": _facts((*answers, *facts))},
        "operations": {
            "watch": _operation("send", "tournament", ours),
            "talk": _operation("receive", "tournament", theirs),
            "acknowledge": _operation("send", "facts", answers),
            "report": _operation("receive", "facts", facts),
        },
        "components": {
            "messages": {struct.__name__: _message(struct) for struct in structs},
            "schemas": {name: as_published(schema) for name, schema in parts.items()},
        },
    }


def _message(struct: Any) -> dict[str, Any]:
    return {
        "name": struct.__struct_config__.tag or struct.__name__,
        "summary": _told(struct),
        "payload": {"$ref": f"{REF}{struct.__name__}"},
    }


def _tournament(structs: tuple[Any, ...]) -> dict[str, Any]:
    return _channel("/ws/tournaments/{tournamentId}", structs, Close) | {
        "description": "Authorization: Bearer <token>, `?token=`, or a first `auth` frame within 5 s.",
        "bindings": {"ws": {"query": _query(), "bindingVersion": "0.1.0"}},
    }


def _facts(structs: tuple[Any, ...]) -> dict[str, Any]:
    return _channel("/ws/internal/tournaments/{tournamentId}/events", structs, CLOSES) | {
        "description": "Authorization: Bearer <key of a game platform>.",
    }


def _channel(address: str, structs: tuple[Any, ...], codes: Iterable[Close]) -> dict[str, Any]:
    return {
        "address": address,
        "parameters": {"tournamentId": {"description": "The tournament"}},
        "messages": {one.__name__: {"$ref": f"#/components/messages/{one.__name__}"} for one in structs},
        "x-close-codes": {str(int(code)): _MEANING[code] for code in codes},
    }


def _query() -> dict[str, Any]:
    fields = {name: {"type": "string", "description": text} for name, text in _QUERY.items()}
    return {"type": "object", "properties": fields}


def _operation(action: str, channel: str, structs: tuple[Any, ...]) -> dict[str, Any]:
    """`send` and `receive` are the server's."""
    where = f"#/channels/{channel}"
    names = [{"$ref": f"{where}/messages/{struct.__name__}"} for struct in structs]
    return {"action": action, "channel": {"$ref": where}, "messages": names}
