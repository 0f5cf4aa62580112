"""Evidence: the rows that a bulletin was counted from, as gzip-compressed JSON lines with a checksum.

The same rows give the same bytes, so that a checksum says something.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COMPRESSION: Final = 6
WAITING: Final = 64  # texts of up to some thousand lines each
ENCODE: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Evidence(NamedTuple):
    content: bytes
    sha256: str


class Sheet:
    """Takes lines as they come and keeps them compressed, so that a city's rows are never all in memory as text.

    A thread compresses while the next rows are read: zlib needs no Python meanwhile.
    """

    def __init__(self) -> None:
        self._held = io.BytesIO()
        self._file = gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=self._held, mtime=0)
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._room = BoundedSemaphore(WAITING)
        self._taken: list[Future[None]] = []

    def tell(self, rows: Iterable[dict[str, Any]]) -> None:
        self.take("".join(f"{ENCODE(values)}\n" for values in rows))

    def take(self, text: str) -> None:
        """Lines that are written already."""
        self._room.acquire()
        self._taken.append(self._aside.submit(self._write, text))

    def _write(self, text: str) -> None:
        try:
            self._file.write(text.encode())
        finally:
            self._room.release()

    def end(self) -> Evidence:
        """Raises what went wrong with any of the lines."""
        self._aside.shutdown()
        for written in self._taken:
            written.result()
        self._file.close()
        content = self._held.getvalue()
        return Evidence(content, checksum(content))


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def decoded(content: bytes) -> Iterator[dict[str, Any]]:
    """The lines again, the first of which says what they are evidence of."""
    for line in gzip.decompress(bytes(content)).decode().removesuffix("\n").split("\n"):  # a name may hold U+2028
        yield json.loads(line)


# --- lines that the database writes --------------------------------------------------------------------------------


def line(row: str, values: Mapping[str, str]) -> str:
    """SQL of a line as ENCODE writes it, of SQL for each of its values; what comes as NULL is left out.

    `row` says of what it is a line, and is always there: commas end what stands before and begin what stands after it,
    for to take off one too many at the end PostgreSQL would look at every letter of the line.
    """
    before = [f"""COALESCE('"{name}":' || {values[name]} || ',', '')""" for name in sorted(values) if name < "row"]
    after = [f"""COALESCE(',"{name}":' || {values[name]}, '')""" for name in sorted(values) if name > "row"]
    return " || ".join(["'{'", *before, f"""'"row":"{row}"'""", *after, "'}'"])


def lines(one: str, order: str) -> str:
    """SQL of some of the lines, in order, as a single text."""
    return f"string_agg({one}, chr(10) ORDER BY {order})"


def text(column: str) -> str:
    return f"to_json({column})::text"


def exact(column: str) -> str:
    """A number as a text, without needless zeros."""
    return f"""'"' || trim_scale({column}::numeric)::text || '"'"""


def plain(column: str) -> str:
    """A text or a number that holds nothing to be escaped, as a text."""
    return f"""'"' || {column}::text || '"'"""


def or_null(value: str) -> str:
    return f"COALESCE({value}, 'null')"


def one_of(words: Iterable[Any], place: str) -> str:
    """The word at this place, which is counted from 1."""
    listed = ", ".join(f"'{ENCODE(word)}'" for word in words)
    return f"(ARRAY[{listed}])[{place}]"
