"""Logs: one JSON line an event on standard error, never a secret."""

from typing import Any

import structlog

from config.log_lines import is_foreign, redact, write_with
from config.origin import current


def _redact_values(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _drop_foreign(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if not is_foreign(key)}


def _add_origin(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return current().fields() | event


def configure(level: str, process: str) -> None:
    """Send everything, also of libraries, through one formatter. Called once, by `__main__`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _add_origin,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _drop_foreign,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_values,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    write_with(formatter, level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
