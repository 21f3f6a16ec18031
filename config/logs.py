"""Logs: one JSON line an event on standard error, never a secret.

Our lines are made by structlog alone; those of libraries come through `logging` and look the same.
"""

import json
import logging
from typing import Any, Final

import msgspec
import structlog

from config.line_writer import LineWriter
from config.log_lines import is_foreign, level_of, redact, write_with
from config.origin import current

_ENCODER: Final = msgspec.json.Encoder(enc_hook=repr)


class _Logger:
    """Where structlog's chain ends, with a line. A bad one is not kept waiting: a crash may follow."""

    def __init__(self, writer: LineWriter, name: str) -> None:
        self.name = name
        self._writer = writer

    def info(self, line: str) -> None:
        self._writer.write(f"{line}\n")

    def error(self, line: str) -> None:
        self.info(line)
        self._writer.flush_now()

    debug = msg = info
    warning = warn = exception = critical = fatal = error


class _Handler(logging.StreamHandler[Any]):
    """The same for records of `logging`."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if record.levelno >= logging.WARNING:
            self.stream.flush_now()


def _redact_values(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _drop_foreign(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if not is_foreign(key)}


def _add_origin(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return current().fields() | event


def _line_of(process: str) -> Any:
    """A whole line in one step: structlog's own chain for the same takes three times as long."""

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)

    def line(logger: _Logger, method: str, event: dict[str, Any]) -> str:
        if event.get("exc_info"):
            structlog.processors.format_exc_info(logger, method, event)
        stamp(logger, method, event)
        level = "error" if method == "exception" else method
        whole = current().fields() | event | {"process": process, "level": level, "logger": logger.name}
        return redact(_encoded(whole))

    return line


def _encoded(event: dict[str, Any]) -> str:
    try:
        return _ENCODER.encode(event).decode()
    except (UnicodeEncodeError, OverflowError):  # half of a surrogate pair, a number of more than 64 bits
        return json.dumps(event, default=repr)


def configure(level: str, process: str) -> None:
    """Send everything, also of libraries, through one writer. Called once, by `__main__`."""
    writer = LineWriter()
    foreign: list[Any] = [
        lambda _, __, event: event | {"process": process},
        _add_origin,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ExtraAdder(),
        _drop_foreign,
        _redact_values,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=foreign,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    write_with(formatter, level, _Handler(writer))
    structlog.configure(
        processors=[_line_of(process)],
        wrapper_class=structlog.make_filtering_bound_logger(level_of(level)),
        logger_factory=lambda *names: _Logger(writer, names[0] if names else "root"),
        cache_logger_on_first_use=True,
    )
