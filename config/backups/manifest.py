"""What a backup holds, in figures that a restore is checked against."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from django.db import connection

FORMAT: Final = 1
NAME: Final = "manifest.json"
CHUNK: Final = 1 << 20


class BackupError(Exception):
    """A backup could not be made, or not be restored; its text is a Chinese sentence that says what to do."""


@dataclass(frozen=True)
class Table:
    """`checksum` adds up a hash of every row, so that the order of the rows doesn't matter."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class StoredFile:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    made_at: str
    postgres: int
    tables: dict[str, Table]
    dump: StoredFile
    files: dict[str, StoredFile]

    def write(self, directory: Path) -> None:
        text = json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False, indent=1)
        (directory / NAME).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> Self:
        path = directory / NAME
        if not path.is_file():
            raise BackupError(f"{directory} 不是一份备份（缺少 {NAME}），请指定 backup 命令生成的目录。")
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return cls._of(stored)
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{path} 已损坏，无法读取，请改用另一份备份。") from error

    @classmethod
    def _of(cls, stored: dict[str, Any]) -> Self:
        if stored["format"] != FORMAT:
            raise BackupError(f"备份的格式是第 {stored['format']} 版，本程序只认识第 {FORMAT} 版。")
        return cls(
            made_at=stored["made_at"],
            postgres=stored["postgres"],
            tables={name: Table(**table) for name, table in stored["tables"].items()},
            dump=StoredFile(**stored["dump"]),
            files={path: StoredFile(**file) for path, file in stored["files"].items()},
        )


def tables_now() -> dict[str, Table]:
    """Rows and checksum of every table, as the current transaction sees them."""
    with connection.cursor() as cursor:
        # Rows are hashed as text, so everything that decides how a value is written must be the same both times.
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
        cursor.execute("SET LOCAL IntervalStyle = 'postgres'")
        cursor.execute("SET LOCAL bytea_output = 'hex'")
        cursor.execute("SET LOCAL extra_float_digits = 1")
        return {name: _measure(cursor, name) for name in table_names()}


def table_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def _measure(cursor: Any, name: str) -> Table:
    table = connection.ops.quote_name(name)
    cursor.execute(f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {table} t")  # noqa: S608 (named by the catalogue)
    rows, checksum = cursor.fetchone()
    return Table(rows, checksum)


def files_below(directory: Path) -> Iterator[tuple[str, Path]]:
    """Every file with its path from `directory`, in order; links are not followed."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(directory).as_posix(), path


def measure(path: Path) -> StoredFile:
    sha256, size = hashlib.sha256(), 0
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            sha256.update(chunk)
            size += len(chunk)
    return StoredFile(size, sha256.hexdigest())
