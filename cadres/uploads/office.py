"""Office documents: which they are, without macros, and not larger inside than a document is."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Final

from cadres.uploads.errors import UploadError
from cadres.uploads.formats import DOC, DOCX, OFD, PDF, PPT, PPTX, XLS, XLSX, Format

MOST_MEMBERS: Final = 10_000
MOST_UNPACKED: Final = 300 * 1024 * 1024
LARGEST_CONTENT_TYPES: Final = 1024 * 1024

DAMAGED: Final = "文件不完整或已损坏，请重新保存后再上传"
UNPACKS_TOO_LARGE: Final = "文件解开后过大，请拆分或精简后再上传"
HAS_MACROS: Final = "文件带有宏，请另存为不带宏的文档（docx、xlsx、pptx）后再上传"
IS_ENCRYPTED: Final = "文件设有打开密码，请去掉密码后再上传"

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN_PARTS: Final = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX, "OFD.xml": OFD}
_MACRO_ENDINGS: Final = ("vbaproject.bin", ".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".pptm", ".potm", ".ppsm")
_MAIN_STREAMS: Final = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS, "PowerPoint Document": PPT}
# A presentation keeps its macros packed, and says so in this record: the flag stands 4 bytes behind it.
_PPT_MACROS: Final = bytes.fromhex("0f00ff0314000000020000040c000000")


def document_format(content: bytes) -> Format | None:
    """The format of a sound document, None where the content is none. Raises UploadError for an unsound one."""
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(_ZIP):
        return _zipped(content)
    if content.startswith(_COMPOUND):
        return _compound(content)
    return None


def _pdf(content: bytes) -> Format:
    if b"%%EOF" not in content[-4096:] or zipfile.is_zipfile(BytesIO(content)):
        raise UploadError(DAMAGED)
    return PDF


def _zipped(content: bytes) -> Format | None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED:
                raise UploadError(UNPACKS_TOO_LARGE)
            names = {one.filename for one in members}
            form = next((form for part, form in _MAIN_PARTS.items() if part in names), None)
            if form and (any(name.lower().endswith(_MACRO_ENDINGS) for name in names) or _declares_macros(archive)):
                raise UploadError(HAS_MACROS)
            return form
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, UploadError):
            raise
        raise UploadError(DAMAGED) from error


def _declares_macros(archive: zipfile.ZipFile) -> bool:
    if "[Content_Types].xml" not in archive.namelist():
        return False
    with archive.open("[Content_Types].xml") as types:
        return b"macroenabled" in types.read(LARGEST_CONTENT_TYPES).lower()


def _compound(content: bytes) -> Format | None:
    """By the names in the directory of the compound file; these are never packed and never split."""
    if _names(content, "EncryptedPackage"):
        raise UploadError(IS_ENCRYPTED)
    if _names(content, "_VBA_PROJECT") or _names(content, "_VBA_PROJECT_CUR") or _has_ppt_macros(content):
        raise UploadError(HAS_MACROS)
    return next((form for name, form in _MAIN_STREAMS.items() if _names(content, name)), None)


def _names(content: bytes, name: str) -> bool:
    """An entry: its name in 64 bytes, padded with zeros, then the name's length in bytes with the closing zero."""
    written = name.encode("utf-16-le")
    return written.ljust(64, b"\0") + (len(written) + 2).to_bytes(2, "little") in content


def _has_ppt_macros(content: bytes) -> bool:
    found = content.find(_PPT_MACROS)
    return found >= 0 and any(content[found + len(_PPT_MACROS) + 4 : found + len(_PPT_MACROS) + 8])
