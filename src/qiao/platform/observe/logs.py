"""Structured logs: JSON lines for machines, short lines on a terminal. Nobody who logs waits for whoever reads (`sink`)."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from qiao.platform.observe.sink import LogSink

_SECRETS = ("password", "secret", "token", "cookie", "authorization", "identity", "_key")


def set_up_logs(level: str, log_format: str) -> LogSink:
    """Configure structlog and the standard library's logging; where both write now. Idempotent."""
    sink = LogSink(sys.stderr)
    terminal = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    finish = [renderer] if terminal else [structlog.processors.format_exc_info, renderer]
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", sink)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sink, format="%(levelname)s %(name)s %(message)s", force=True)
    return sink


def _hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _hidden(key, value)
    return event


def _hidden(key: str, value: object) -> object:
    if any(word in key.lower() for word in _SECRETS):
        return "***"
    if isinstance(value, dict):
        return {name: _hidden(str(name), inner) for name, inner in cast("dict[object, object]", value).items()}
    return value
