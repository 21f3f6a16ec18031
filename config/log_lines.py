"""Log lines without a library: what owners write, of which there are hundreds on a node."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

from config.origin import current

_SECRET = re.compile(r"(sk_(?:live|test)_)[A-Za-z0-9_-]+")
_DOTTED = re.compile(r"[A-Za-z0-9_.-]+")
# How the first of the three parts of a token begins, and how long it is at least.
_TOKEN, _TOKEN_CHARS = "eyJ", 13
# What a record has of itself; everything else was given as `extra`.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """`text` without API secrets and tokens."""
    if _TOKEN in text:
        text = _DOTTED.sub(_without_tokens, text)
    return _SECRET.sub(r"\1[redacted]", text) if "sk_" in text else text


def _without_tokens(found: re.Match[str]) -> str:
    """Part by part, so that each letter is looked at once: a stranger chooses the paths that are logged. One
    expression for a token looks from each of its beginnings to the end."""
    parts, kept, n = found[0].split("."), list[str](), 0
    while n < len(parts):
        at = parts[n].find(_TOKEN)
        is_token = 0 <= at <= len(parts[n]) - _TOKEN_CHARS and all(parts[n + 1 : n + 3]) and n + 2 < len(parts)
        kept.append(f"{parts[n][:at]}[redacted]" if is_token else parts[n])
        n += 3 if is_token else 1
    return ".".join(kept)


def is_foreign(name: str) -> bool:
    """Whether a field of a record is none of ours: Ray adds some to each, uvicorn the text with colours."""
    return name.startswith("_ray_") or name == "color_message"


class JsonLines(logging.Formatter):
    """One JSON object a record, with the fields that `config.logs` gives other processes."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            name: value for name, value in vars(record).items() if name not in _OWN and not is_foreign(name)
        }
        line = {"event": record.getMessage(), **fields, "process": self._process}
        line |= current().fields() | {"level": record.levelname.lower(), "logger": record.name}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, default=str))


def configure(level: str, process: str) -> None:
    """Called once, by an owner's process."""
    write_with(JsonLines(process), level)


def write_with(formatter: logging.Formatter, level: str, handler: logging.Handler | None = None) -> None:
    """Send everything of this process, also of libraries, through one formatter to standard error, or to what
    a handler writes to."""
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level_of(level))


def level_of(name: str) -> int:
    """A level by its name. One that there is not must not keep owners from starting."""
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)
