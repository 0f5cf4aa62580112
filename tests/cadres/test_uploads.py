"""What is taken of what people upload, and under which name."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from PIL import Image

from cadres.uploads import DOCUMENTS, LARGEST, PICTURES, Kind, UploadError, UploadsField, check
from cadres.uploads.pictures import shrunk
from tests import uploads
from tests.uploads import PDF, compound, jpeg, office, picture, place, uploaded

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
SCRIPTS = [HTML, SVG, b"#!/bin/sh\nrm -rf /\n", b"<?php system($_GET[0]);", b"MZ\x90\0" + b"\0" * 300]
OOXML = "application/vnd.openxmlformats-officedocument"
PPT_MACROS = bytes.fromhex("0f00ff0314000000020000040c000000") + b"\x01\0\0\0" + b"\x01\0\0\0"


def refused(content: bytes, name: str = "图片.jpg", allowed: frozenset[Kind] = DOCUMENTS) -> str:
    """The sentence that its sender reads."""
    with pytest.raises(UploadError) as caught:
        check(uploaded(content, name), allowed)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind", "media_type", "name"),
    [
        (jpeg(), Kind.PICTURE, "image/jpeg", "图片.jpg"),
        (picture("PNG"), Kind.PICTURE, "image/png", "图片.png"),
        (picture("GIF"), Kind.PICTURE, "image/gif", "图片.gif"),
        (picture("WEBP"), Kind.PICTURE, "image/webp", "图片.webp"),
        (picture("TIFF"), Kind.PICTURE, "image/tiff", "图片.tif"),
        (picture("BMP"), Kind.PICTURE, "image/bmp", "图片.bmp"),
        (PDF, Kind.PDF, "application/pdf", "图片.pdf"),
        (
            office("docx"),
            Kind.OFFICE,
            f"{OOXML}.wordprocessingml.document",
            "图片.docx",
        ),
        (office("xlsx"), Kind.OFFICE, f"{OOXML}.spreadsheetml.sheet", "图片.xlsx"),
        (compound("WordDocument"), Kind.OFFICE, "application/msword", "图片.doc"),
        (compound("Workbook"), Kind.OFFICE, "application/vnd.ms-excel", "图片.xls"),
        (compound("PowerPoint Document"), Kind.OFFICE, "application/vnd.ms-powerpoint", "图片.ppt"),
    ],
)
def test_a_file_is_what_its_content_says_whatever_its_name_and_sender_say(content, kind, media_type, name):
    checked = check(uploaded(content, "图片.jpg", "text/html"), DOCUMENTS)
    assert (checked.kind, checked.media_type, checked.name) == (kind, media_type, name)
    assert (checked.content, checked.size) == (content, len(content))
    assert len(checked.sha256) == 64


@pytest.mark.parametrize(
    "content", [HTML, SVG, b"#!/bin/sh\nrm -rf /\n", b"<?php system($_GET[0]);", b"MZ\x90\0" + b"\0" * 300]
)
def test_a_script_or_page_that_is_called_jpg_is_refused(content):
    assert refused(content).startswith("不是可以上传的文件，请上传图片")
    assert refused(content, allowed=PICTURES) == "不是可以上传的文件，请上传图片（jpg、png、gif、webp、bmp、tif）"


def test_what_is_sound_but_of_another_kind_is_refused_where_only_pictures_are_wanted():
    assert "请上传图片" in refused(PDF, "图片.jpg", PICTURES)


@pytest.mark.parametrize(
    "content",
    [
        jpeg() + HTML,
        jpeg() + b"<?php echo 1;",
        jpeg() + office("docx"),  # opens as a picture here and as an archive there
        b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//",  # a picture here, a script there
        PDF + office("docx"),
    ],
)
def test_what_is_two_files_at_once_is_refused(content):
    assert refused(content)


@pytest.mark.parametrize("name", ["word__vbaProject.bin", "xl__embeddings__a.xlsm"])
def test_a_document_with_macros_is_refused_whatever_its_ending(name):
    assert refused(office("xlsx", **{name: b"x"}), "表.xlsx").startswith("文件带有宏，请另存为")


def test_a_document_that_declares_macros_is_refused():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "application/vnd.ms-word.document.macroEnabled.main+xml")
        archive.writestr("word/document.xml", "<document/>")
    assert refused(made.getvalue(), "文.docx").startswith("文件带有宏")


@pytest.mark.parametrize(
    "content",
    [
        compound("Workbook", "_VBA_PROJECT_CUR", "VBA", "_VBA_PROJECT"),
        compound("WordDocument", "Macros", "VBA", "_VBA_PROJECT"),
        compound("PowerPoint Document") + PPT_MACROS,
    ],
)
def test_an_old_document_with_macros_is_refused(content):
    assert refused(content, "表.xls").startswith("文件带有宏")


def test_an_old_presentation_that_says_it_has_no_macros_is_taken():
    content = compound("PowerPoint Document") + PPT_MACROS[:-4] + b"\0\0\0\0"
    assert check(uploaded(content, "片.ppt"), DOCUMENTS).name == "片.ppt"


def test_a_document_that_asks_for_a_password_cannot_be_looked_into():
    assert refused(compound("EncryptedPackage", "EncryptionInfo"), "文.docx") == "文件设有打开密码，请去掉密码后再上传"


def test_an_archive_that_is_no_document_is_refused():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("setup.exe", b"MZ")
    assert refused(made.getvalue(), "文.docx").startswith("不是可以上传的文件")


def test_a_document_that_unpacks_to_far_more_than_it_is_is_refused():
    bomb = office("docx", word__media__zeros=b"\0" * (310 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    assert refused(bomb, "文.docx") == "文件解开后过大，请拆分或精简后再上传"


@pytest.mark.parametrize("content", [office("docx")[:-30], PDF[:-10], b"PK\x03\x04nonsense"])
def test_a_document_that_breaks_off_is_refused(content):
    assert refused(content, "文.docx") == "文件不完整或已损坏，请重新保存后再上传"


@pytest.mark.parametrize("make", [uploads.png_of, uploads.gif_of, uploads.webp_of, uploads.tiff_of, uploads.jpeg_of])
@pytest.mark.parametrize("sides", [(16_000, 12_500), (10_000, 5_001)])
def test_a_picture_of_200_megapixels_is_refused_by_its_header_before_it_is_decoded(make, sides):
    tracemalloc.start()
    try:
        assert refused(make(*sides)) == "图片像素过大（超过 5000 万），请缩小后再上传"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_real_picture_of_200_megapixels_is_refused():
    written = BytesIO()
    Image.new("1", (20_000, 10_000)).save(written, "PNG")
    assert "像素过大" in refused(written.getvalue())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_a_picture_that_breaks_off_is_refused(form):
    whole = picture(form, (400, 300))
    assert refused(whole[: len(whole) // 2]) == "图片不完整或已损坏，请重新拍照或另存后再上传"


def test_a_heic_picture_is_refused_with_what_to_do_on_the_phone():
    assert "选“兼容性最佳”" in refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, "IMG_1.HEIC")


def test_an_empty_file_is_refused():
    assert refused(b"") == "文件是空的，请重新选择"


def test_a_file_of_20_megabytes_is_taken_and_one_byte_more_is_not():
    whole = jpeg()
    filled = whole + b"\0" * (LARGEST - len(whole))
    assert check(uploaded(filled), PICTURES).size == LARGEST
    assert refused(filled + b"\0") == "文件超过 20 MB，请压缩或拆分后再上传"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("现场.jpg", "现场.jpg"),
        ("现场.JPG", "现场.JPG"),
        ("../../etc/passwd", "passwd.jpg"),
        (r"C:\照片\现场.png", "现场.jpg"),
        ("<b>𠮷'\"=.jpeg", "<b>𠮷'\"=.jpeg"),
        ("甲\u202egpj.exe", "甲gpj.exe.jpg"),
        ("甲\0\r\n乙.jpg", "甲 乙.jpg"),
        ("合同.pdf.exe", "合同.pdf.exe.jpg"),
        (".jpg", "未命名.jpg"),
        ("   ", "未命名.jpg"),
        ("...", "未命名.jpg"),
        ("字" * 300 + ".jpg", "字" * 116 + ".jpg"),
        ("没有后缀", "没有后缀.jpg"),
    ],
)
def test_a_name_is_shown_without_folders_and_tricks_and_ends_as_the_content_demands(given, shown):
    file = uploaded(jpeg())
    file._name = given  # as it came: Django's own setter takes the folders away already
    assert check(file, PICTURES).name == shown


def test_a_photo_is_turned_upright_shrunk_and_tells_nothing_of_its_place():
    taken = jpeg((2400, 1200), exif=place(orientation=6))
    assert b"A phone" in taken
    content, (width, height) = shrunk(taken, 1600)
    image = Image.open(BytesIO(content))
    assert (width, height) == image.size == (800, 1600)
    assert not image.getexif()
    assert b"A phone" not in content
    assert b"Exif" not in content
    top, bottom = image.getpixel((400, 100)), image.getpixel((400, 1500))
    assert top[1] < 80 < 200 < bottom[1]  # the coloured half was at the left, and is on top once it is turned


def test_a_transparent_picture_is_put_on_white():
    written = BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(written, "PNG")
    content, _ = shrunk(written.getvalue(), 1600)
    assert min(Image.open(BytesIO(content)).getpixel((10, 10))) > 250


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "CMYK", "LA", "P"])
def test_a_picture_of_any_colours_becomes_a_jpeg(mode):
    written = BytesIO()
    Image.new(mode, (20, 20)).save(written, "TIFF" if mode in ("I;16", "CMYK") else "PNG")
    content, size = shrunk(written.getvalue(), 10)
    assert (Image.open(BytesIO(content)).mode, size) == ("RGB", (10, 10))


class Given(forms.Form):
    evidence = UploadsField(label="附件", most=3)


def given(*files: SimpleUploadedFile) -> Given:
    return Given({}, MultiValueDict({"evidence": list(files)}))


def test_a_field_takes_several_files_and_the_same_content_once():
    form = given(uploaded(jpeg()), uploaded(PDF, "函.pdf"), uploaded(jpeg(), "又一次.jpg"))
    assert form.is_valid()
    assert [one.name for one in form.cleaned_data["evidence"]] == ["图片.jpg", "函.pdf"]


def test_a_field_names_each_file_that_it_refuses():
    form = given(uploaded(HTML, "甲<b>.jpg"), uploaded(PDF, "函.pdf"), uploaded(b"", "空.pdf"))
    assert not form.is_valid()
    assert [error.split("”")[0] for error in form.errors["evidence"]] == ["“甲<b>.jpg", "“空.pdf"]
    assert "<b>" not in form.errors.as_ul()


def test_a_field_refuses_more_files_than_it_is_said_to_take():
    form = given(*(uploaded(jpeg((10 + n, 10))) for n in range(4)))
    assert form.errors["evidence"] == ["一次最多上传 3 个文件"]


def test_a_field_without_files_is_empty_and_offers_what_it_takes():
    form = given()
    assert form.is_valid()
    assert form.cleaned_data["evidence"] == []
    assert 'accept=".jpg,.jpeg' in str(form["evidence"])
    assert " multiple" in str(form["evidence"])
