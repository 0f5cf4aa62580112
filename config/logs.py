"""One JSON object for each line of the log, with the trace number of the request or task that wrote it."""

import logging
from typing import Any, Final

from pythonjsonlogger.core import RESERVED_ATTRS

from config import trace


class AddTrace(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = trace.current.get()
        return True


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"trace": {"()": "config.logs.AddTrace"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
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
    "loggers": {name: {"handlers": [], "level": "INFO", "propagate": True} for name in ("django", "gunicorn.error")},
}
