"""The parts of an .xlsx archive, opened only after looking at how large they claim to be."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from xml.parsers import expat

from reports.imports.parsing.limits import PARTS, UNPACKED_BYTES, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORKBOOK: Final = "xl/workbook.xml"
SAVE_AS: Final = "请在 Excel 中打开，另存为“Excel 工作簿（.xlsx）”后再导入。"
DAMAGED: Final = "工作簿已损坏，读不出来。" + SAVE_AS
CHUNK: Final = 1 << 16
ENCRYPTED: Final = 0x1

# Built-in number formats that show a percentage (ECMA-376 part 1, 18.8.30).
PERCENT_FORMATS: Final = frozenset({"9", "10"})


# What reading a broken or forged archive ends with.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, OSError, EOFError, KeyError, ValueError, NotImplementedError,
)  # fmt: skip


class Sheet(NamedTuple):
    """A worksheet that people see, and its part of the archive."""

    name: str
    part: str


class Archive:
    """An .xlsx file as a zip archive. Raises RefusedError for what can't be a workbook of ours."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise RefusedError(DAMAGED) from error
        self._check_size()
        self._check_kind()

    def _check_size(self) -> None:
        parts = self._zip.infolist()
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
            raise RefusedError(
                f"工作簿解压后超过 {UNPACKED_BYTES >> 20} MB，不能导入。"
                "请删去图片、多余的工作表和空白格式，或把数据分成几个文件。"
            )
        if any(part.flag_bits & ENCRYPTED for part in parts):
            raise RefusedError("文件设有密码，系统读不了。请取消密码后再导入。")

    def _check_kind(self) -> None:
        names = set(self._zip.namelist())
        if WORKBOOK in names:
            return
        if "xl/workbook.bin" in names:
            raise RefusedError("这是二进制工作簿（.xlsb）。" + SAVE_AS)
        raise RefusedError("这不是 Excel 工作簿（.xlsx）。" + SAVE_AS)

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
    ) -> None:
        """Stream one part through handlers of elements, which get names without their namespace prefix."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
        if end is not None:
            parser.EndElementHandler = lambda name: end(_local(name))
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            with self._zip.open(part) as stream:
                while chunk := stream.read(CHUNK):
                    parser.Parse(chunk)
            parser.Parse(b"", True)
        except _BROKEN as error:
            raise RefusedError(DAMAGED) from error

    def sheets(self) -> list[Sheet]:
        """The worksheets that aren't hidden, in order."""
        targets: dict[str, str] = {}
        found: list[tuple[str, str, bool]] = []

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                targets[attributes["Id"]] = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))[1:]

        def sheet(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                found.append((attributes.get("name", ""), key, attributes.get("state", "visible") == "visible"))

        self.parse("xl/_rels/workbook.xml.rels", relation)
        self.parse(WORKBOOK, sheet)
        return [Sheet(name, targets[key]) for name, key, is_visible in found if is_visible and key in targets]

    def percent_styles(self) -> frozenset[str]:
        """The numbers of the cell styles that show a percentage, as they stand in a cell's `s`."""
        formats, styles, inside = set(PERCENT_FORMATS), list[str](), False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if name == "numFmt" and "%" in attributes.get("formatCode", ""):
                formats.add(attributes.get("numFmtId", ""))
            elif name == "cellXfs":
                inside = True
            elif name == "xf" and inside:
                styles.append(attributes.get("numFmtId", ""))

        def end(name: str) -> None:
            nonlocal inside
            if name == "cellXfs":
                inside = False

        if "xl/styles.xml" in self._zip.NameToInfo:
            self.parse("xl/styles.xml", start, end)
        return frozenset(str(number) for number, style in enumerate(styles) if style in formats)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_doctype(*_: Any) -> None:
    raise RefusedError(DAMAGED)
