"""The formats that are taken, and the ending and media type of each."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple


class Kind(Enum):
    PICTURE = auto()
    PDF = auto()
    OFFICE = auto()


class Format(NamedTuple):
    kind: Kind
    media_type: str
    endings: tuple[str, ...]  # the first is given to a file whose name ends otherwise


_OOXML: Final = "application/vnd.openxmlformats-officedocument"

JPEG: Final = Format(Kind.PICTURE, "image/jpeg", ("jpg", "jpeg", "jfif"))
BY_PILLOW: Final = {
    "JPEG": JPEG,
    "PNG": Format(Kind.PICTURE, "image/png", ("png",)),
    "GIF": Format(Kind.PICTURE, "image/gif", ("gif",)),
    "WEBP": Format(Kind.PICTURE, "image/webp", ("webp",)),
    "TIFF": Format(Kind.PICTURE, "image/tiff", ("tif", "tiff")),
    "BMP": Format(Kind.PICTURE, "image/bmp", ("bmp",)),
}
PDF: Final = Format(Kind.PDF, "application/pdf", ("pdf",))
DOCX: Final = Format(Kind.OFFICE, f"{_OOXML}.wordprocessingml.document", ("docx",))
XLSX: Final = Format(Kind.OFFICE, f"{_OOXML}.spreadsheetml.sheet", ("xlsx",))
PPTX: Final = Format(Kind.OFFICE, f"{_OOXML}.presentationml.presentation", ("pptx",))
OFD: Final = Format(Kind.OFFICE, "application/ofd", ("ofd",))
DOC: Final = Format(Kind.OFFICE, "application/msword", ("doc", "wps"))
XLS: Final = Format(Kind.OFFICE, "application/vnd.ms-excel", ("xls", "et"))
PPT: Final = Format(Kind.OFFICE, "application/vnd.ms-powerpoint", ("ppt", "dps"))

EVERY_FORMAT: Final = (*BY_PILLOW.values(), PDF, DOCX, XLSX, PPTX, OFD, DOC, XLS, PPT)
ENDINGS: Final = frozenset(ending for one in EVERY_FORMAT for ending in one.endings)
