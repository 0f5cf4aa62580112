"""Reading an uploaded file through the child process of `parsing`: the parent only ever sees text, row by row."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[2]
# The child gets nothing of ours: no secret key, no database.
ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}
TOO_LONG: Final = "文件太复杂，没能在规定时间内读完。请删去格式和无关内容，或把数据分成几个文件后再导入。"
TOO_LARGE: Final = (
    "文件太大或已损坏，读取时超出了内存限制。请删去图片、格式和多余的单元格，或把数据分成几个文件后再导入。"
)

Cell = str | dict[str, Any]


class UnreadableError(Exception):
    """The file as a whole can't be imported; the text is a Chinese sentence that says what to do."""


class SheetRow(NamedTuple):
    """A row as it stands in the sheet, counted from 1."""

    number: int
    cells: list[Cell]


class Sheet(NamedTuple):
    """`last_row` is about where the data end; `rows` is read while it is used."""

    last_row: int
    rows: Iterator[SheetRow]


@contextmanager
def read(path: Path, name: str) -> Iterator[Sheet]:
    """The rows of a file, its header first; `name` is what its owner calls it.

    UnreadableError, on entering or while reading, if it can't be read to its end.
    """
    file = path.resolve(strict=True)
    command = [sys.executable, "-E", "-X", "utf8", "-m", "reports.imports.parsing", str(file), name]
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(  # noqa: S603 - our own module with two arguments, no shell
            command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=complaints, text=True, encoding="utf-8"
        ) as child,
    ):
        try:
            messages = _messages(child, complaints)
            yield Sheet(next(messages)["rows"], (SheetRow(each["row"], each["cells"]) for each in messages))
        finally:
            child.kill()


def _messages(child: subprocess.Popen[str], complaints: IO[str]) -> Iterator[dict[str, Any]]:
    """What the child says up to its end; UnreadableError if it refuses, or dies first."""
    assert child.stdout is not None  # noqa: S101 - for the type checker
    for line in child.stdout:
        if not line.endswith("\n"):
            break
        message = json.loads(line)
        if "refused" in message:
            raise UnreadableError(message["refused"])
        if "end" in message:
            return
        yield message
    code = child.wait()
    complaints.seek(0)
    logger.warning("The parser ended with %s: %s", code, complaints.read()[-2000:])
    raise UnreadableError(TOO_LONG if code in (-signal.SIGXCPU, -signal.SIGKILL) else TOO_LARGE)
