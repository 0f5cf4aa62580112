"""Files for tests of uploads, made on the spot."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
MAIN_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def picture(
    form: str = "JPEG", size: tuple[int, int] = (40, 30), colour: str = "#a03020", *, exif: Image.Exif | None = None
) -> bytes:
    """The left half in the colour, so that one sees which way it is turned."""
    image = Image.new("RGB", size, "white")
    image.paste(colour, (0, 0, size[0] // 2, size[1]))
    written = BytesIO()
    image.save(written, form, **({"exif": exif} if exif else {}))
    return written.getvalue()


def jpeg(size: tuple[int, int] = (40, 30), colour: str = "#a03020", *, exif: Image.Exif | None = None) -> bytes:
    return picture("JPEG", size, colour, exif=exif)


def place(orientation: int = 1) -> Image.Exif:
    """What a phone writes: which way up it was held, and where."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 36.0, 12.0), 3: "E", 4: (124.0, 52.0, 30.0)})
    return exif


def office(kind: str = "docx", **members: bytes) -> bytes:
    """A document of this ending; `members` by name, with / written as __."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(MAIN_PARTS[kind], "<document/>")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return written.getvalue()


def compound(*streams: str) -> bytes:
    """A compound file (doc, xls, ppt) as far as its directory is concerned."""
    entries = b"".join(_entry(name) for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + entries


def _entry(name: str) -> bytes:
    written = name.encode("utf-16-le")
    return (written.ljust(64, b"\0") + struct.pack("<H", len(written) + 2)).ljust(128, b"\0")


def png_of(width: int, height: int) -> bytes:
    """A picture that says it is that large, in a few bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def gif_of(width: int, height: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6 + frame + b"\x3b"


def webp_of(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + sides


def tiff_of(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0"


def jpeg_of(width: int, height: int) -> bytes:
    """A small sound JPEG whose header says otherwise."""
    content = bytearray(jpeg())
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def uploaded(content: bytes, name: str = "图片.jpg", media_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, media_type)
