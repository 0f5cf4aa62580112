"""The trace number: one for each request, carried into the tasks that it causes and into every line of the log."""

import re
import secrets
from contextvars import ContextVar
from typing import Final

GIVEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")

current: ContextVar[str] = ContextVar("trace", default="")


def new(given: str | None = None) -> str:
    """The number that a proxy in front gave the request, or one short enough to read out on the telephone."""
    return given if given and GIVEN.fullmatch(given) else secrets.token_hex(5)
