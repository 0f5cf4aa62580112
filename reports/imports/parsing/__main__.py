"""Read the file named by the first argument; what it is called is the second. See the package."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reports.imports.parsing.limits import CPU_SECONDS, FILE_BYTES, MEMORY, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

ZIP: Final = b"PK"
OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
# The stream in which Office keeps an encrypted workbook (MS-OFFCRYPTO 2.3.4).
ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
# All that the child may write to a file: its own complaints.
LOG_BYTES: Final = 1 << 16
SAVE_AS: Final = "请在 Excel 中打开，另存为“Excel 工作簿（.xlsx）”后再导入。"


def main(path: Path, name: str) -> None:
    _limit()
    try:
        for message in read(path, name):
            say(message)
        say({"end": True})
    except RefusedError as error:
        say({"refused": str(error)})


def _limit() -> None:
    for what, amount in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LOG_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (amount, amount))


def read(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The file's messages; what it is, is told by its content, for names lie."""
    size = path.stat().st_size
    if size == 0:
        raise RefusedError("文件是空的。请检查后重新选择。")
    if size > FILE_BYTES:
        raise RefusedError(f"文件超过 {FILE_BYTES >> 20} MB，不能导入。请删去图片等无关内容，或把数据分成几个文件。")
    with path.open("rb") as file:
        start = file.read(len(OLE))
    if start.startswith(ZIP):
        from reports.imports.parsing import workbook

        return workbook.rows(path)
    if start == OLE:
        raise RefusedError(_about_ole(path))
    if not name.lower().endswith((".csv", ".txt")):
        raise RefusedError("这不是 Excel 工作簿（.xlsx），也不是 CSV 文件。" + SAVE_AS)
    from reports.imports.parsing import text

    return text.rows(path)


def _about_ole(path: Path) -> str:
    if ENCRYPTED in path.read_bytes():
        return "工作簿设有打开密码，系统读不了。请在 Excel 中打开，取消密码（文件 → 信息 → 保护工作簿），保存后再导入。"
    return "这是旧版 Excel 文件（.xls）。" + SAVE_AS


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
