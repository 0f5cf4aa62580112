"""What an uploaded file is, by its content; the name it came with decides nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cadres.uploads.errors import UploadError
from cadres.uploads.formats import Kind
from cadres.uploads.naming import shown_name
from cadres.uploads.office import document_format
from cadres.uploads.pictures import picture_format

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

LARGEST: Final = 20 * 1024 * 1024
PICTURES: Final = frozenset((Kind.PICTURE,))
DOCUMENTS: Final = frozenset(Kind)
_WORDS: Final = {
    Kind.PICTURE: "图片（jpg、png、gif、webp、bmp、tif）",
    Kind.PDF: "PDF",
    Kind.OFFICE: "文档（doc、docx、xls、xlsx、ppt、pptx、wps、ofd）",
}


class Checked(NamedTuple):
    """A file whose content was looked at. `sha256` is that of the content."""

    content: bytes
    name: str
    kind: Kind
    media_type: str
    size: int
    sha256: str

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of AbstractUpload that describe the content."""
        return {"name": self.name, "media_type": self.media_type, "size": self.size, "sha256": self.sha256}


def check(file: UploadedFile[bytes], allowed: frozenset[Kind]) -> Checked:
    """Look inside. Raises UploadError (Chinese, says what to do) where the file isn't sound or not of these kinds."""
    size = file.size or 0
    if not size:
        raise UploadError("文件是空的，请重新选择")
    if size > LARGEST:
        raise UploadError(f"文件超过 {LARGEST // 1024 // 1024} MB，请压缩或拆分后再上传")
    file.seek(0)
    content = file.read()
    form = document_format(content) or picture_format(content)
    if form is None or form.kind not in allowed:
        words = "、".join(_WORDS[kind] for kind in Kind if kind in allowed)
        raise UploadError(f"不是可以上传的文件，请上传{words}")
    name = shown_name(file.name or "", form)
    return Checked(content, name, form.kind, form.media_type, size, hashlib.sha256(content).hexdigest())
