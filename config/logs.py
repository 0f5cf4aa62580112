"""One JSON object for each line of the log, with the trace number of the request or task that wrote it."""

import logging
import re
from typing import Any, Final

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from config import trace


class AddTrace(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = trace.current.get()
        return True


# The address of an enterprise's page holds the secret that opens it, and Django logs addresses of what went wrong.
TOKEN: Final = re.compile(r"/e/[0-9A-Za-z_%.~-]+")


class Lines(JsonFormatter):
    """A line of JSON without anybody's secret, wherever it stood: message, exception, stack."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub("/e/***", super().format(record))


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"trace": {"()": "config.logs.AddTrace"}},
    "formatters": {
        "json": {
            "()": "config.logs.Lines",
            "fmt": "{levelname}{name}{message}{trace}",
            "style": "{",
            "timestamp": "at",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "json_ensure_ascii": False,
            # Django attaches the request, which prints as its whole address, with what somebody searched for.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["trace"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Their own handlers would write every line a second time, and not as JSON.
    "loggers": {name: {"handlers": [], "level": "INFO", "propagate": True} for name in ("django", "gunicorn.error")}
    # A sign-in that went as it should stands in the audit log.
    | {"axes": {"level": "WARNING"}},
}
