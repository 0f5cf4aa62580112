"""Pictures: their size is known from the header before anything is decoded."""

from __future__ import annotations

import re
import struct
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from cadres.uploads.errors import UploadError
from cadres.uploads.formats import BY_PILLOW, JPEG

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from cadres.uploads.formats import Format

MOST_PIXELS: Final = 50_000_000
TOO_LARGE: Final = "图片像素过大（超过 5000 万），请缩小后再上传"
DAMAGED: Final = "图片不完整或已损坏，请重新拍照或另存后再上传"
IS_HEIC: Final = "是 HEIC 格式，打不开；请在手机相机设置里选“兼容性最佳”，或另存为 JPG 后再上传"
CARRIES_MORE: Final = "图片里夹带了其他内容，请另存为新图片后再上传"

_HEIC: Final = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))
_BROKEN: Final = (OSError, ValueError, SyntaxError, struct.error, IndexError, KeyError, EOFError, MemoryError)
_BOMB: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_ACTIVE: Final = re.compile(rb"<script|<\?php|<!doctype\s+html|<html", re.IGNORECASE)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # for whatever else opens a picture in this process


def picture_format(content: bytes) -> Format | None:
    """The format of a sound picture, None where the content is none at all. Raises UploadError for an unsound one."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        raise UploadError(IS_HEIC)
    image = _open(content)
    if image is None:
        return None
    form = BY_PILLOW.get(image.format or "", JPEG)  # many phones write a JPEG with further pictures behind it: MPO
    _decode(image, at_most=256)
    if _ACTIVE.search(content) or zipfile.is_zipfile(BytesIO(content)):
        raise UploadError(CARRIES_MORE)
    return form


def shrunk(content: bytes, edge: int, *, quality: int = 82) -> tuple[bytes, tuple[int, int]]:
    """The picture as an upright JPEG of at most `edge` pixels a side, without its place, and its width and height."""
    image = _open(content)
    if image is None:
        raise UploadError(DAMAGED)
    decoded = _decode(image, at_most=edge)
    upright = ImageOps.exif_transpose(decoded)
    upright.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    written = BytesIO()
    _on_white(upright).save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue(), upright.size


def _open(content: bytes) -> ImageFile | None:
    """Its header read, and nothing decoded."""
    if content.startswith(b"RIFF") and _webp_pixels(content) > MOST_PIXELS:
        raise UploadError(TOO_LARGE)
    try:
        image = Image.open(BytesIO(content), formats=tuple(BY_PILLOW))
    except UnidentifiedImageError:
        return None
    except _BOMB as error:
        raise UploadError(TOO_LARGE) from error
    except _BROKEN as error:
        raise UploadError(DAMAGED) from error
    if image.width * image.height > MOST_PIXELS:
        raise UploadError(TOO_LARGE)
    return image


def _decode(image: ImageFile, *, at_most: int) -> Image.Image:
    """Every row of the first picture; a JPEG no larger than its reader needs it, which takes a fraction of the time."""
    try:
        if image.format in ("JPEG", "MPO"):
            image.draft(None, (at_most, at_most))
        image.load()
    except _BOMB as error:
        raise UploadError(TOO_LARGE) from error
    except _BROKEN as error:
        raise UploadError(DAMAGED) from error
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which a JPEG doesn't have, and without everything that isn't a pixel."""
    if image.mode in ("RGBA", "LA", "PA", "P"):
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    plain = image.convert("RGB") if image.mode != "RGB" else image
    plain.info.clear()
    return plain


def _webp_pixels(content: bytes) -> int:
    """From the header: the decoder takes the memory of the whole canvas as soon as it is opened."""
    start = content[:30].ljust(30, b"\0")
    if start[12:16] == b"VP8X":
        return (int.from_bytes(start[24:27], "little") + 1) * (int.from_bytes(start[27:30], "little") + 1)
    if start[12:16] == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    return (int.from_bytes(start[26:28], "little") & 0x3FFF) * (int.from_bytes(start[28:30], "little") & 0x3FFF)
