"""What the child process refuses to read, and how it says so."""

from __future__ import annotations

from typing import Final

MEMORY: Final = 1 << 30
CPU_SECONDS: Final = 120
FILE_BYTES: Final = 50 << 20
MARKING_MEMORY: Final = 3 << 29
MARKED_BYTES: Final = 100 << 20
UNPACKED_BYTES: Final = 400 << 20
PARTS: Final = 5_000
ROWS: Final = 200_000
COLUMNS: Final = 100
CELL_CHARACTERS: Final = 500


class RefusedError(Exception):
    """The file can't be read; the text is a Chinese sentence that says what to do."""


def too_many_rows(row: int) -> RefusedError:
    return RefusedError(
        f"工作表第 {row} 行还有内容，超过 {ROWS:,} 行的上限。"
        "请删去数据以外的单元格（选中后按“删除”），或把数据分成几个文件导入。"
    )


def too_many_columns(column: str) -> RefusedError:
    return RefusedError(f"工作表 {column} 列还有内容，超过 {COLUMNS} 列的上限。请删去数据以外的列后再导入。")
