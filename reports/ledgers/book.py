"""Writing a ledger's workbook row by row: memory does not grow with the rows.

XlsxWriter makes the book but for its rows, which go as they come into the compressed sheet.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from reports.ledgers import frame
from reports.ledgers.frame import FIRST, Heading
from reports.ledgers.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from reports.ledgers.columns import Head

__all__ = ["FullError", "Heading", "write"]

MOST_ROWS: Final = 1_048_576  # of a sheet
# Of zlib: a third of the time of its default, for a file a sixth larger.
LEVEL: Final = 3

SHEET: Final = re.compile(r"xl/worksheets/sheet[0-9]+\.xml")
PATTERN: Final = re.compile(rf'<row r="{FIRST + 1}".*?(?=</sheetData>)', re.DOTALL)


class FullError(Exception):
    """The file could not be written: no room, or no right to write there."""


def write(
    path: Path,
    heading: Heading,
    heads: Sequence[Head],
    rows: Iterable[Sequence[Any]],
    *,
    each: Callable[[int], None] = lambda done: None,
    most_rows: int = MOST_ROWS,
) -> int:
    """Write the rows, as many as the heading says, and say how many there were; each sheet takes as many as it holds.

    `each` is told the number of every row that is written. Raises FullError where the disk takes no more; then the file
    is of no use.
    """
    room = most_rows - FIRST
    numbered, done = enumerate(rows, start=1), 0
    try:
        with (
            ZipFile(frame.made(heading, heads, room)) as parts,
            ZipFile(path, "w", ZIP_DEFLATED, compresslevel=LEVEL) as book,
        ):
            for name in parts.namelist():
                content = parts.read(name).decode()
                pattern = PATTERN.search(content) if SHEET.fullmatch(name) else None
                with book.open(name, "w", force_zip64=True) as part:
                    if pattern is not None:
                        part.write(content[: pattern.start()].encode())
                        below = Rows(heads, pattern[0], FIRST + 1)
                        for done, row in islice(numbered, room):
                            part.write(below.add(done, row).encode())
                            each(done)
                        content = content[pattern.end() :]
                    part.write(content.encode())
    except OSError as error:
        raise FullError(str(error)) from error
    return done
