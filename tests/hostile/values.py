"""What people, broken programs and attackers send instead of what was asked for."""

from __future__ import annotations

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import strategies as st

from tests.hostile.forms import Input
from tests.uploads import PDF, jpeg, office

WORDS = (
    *("", " ", "\t\r\n", "0", "-1", "1", "007", "٣", "½", "1e9", "1e400", "NaN", "-Infinity", "0x10", "1,000", "１２"),
    *("2147483648", "9223372036854775808", "-9223372036854775809", "9" * 400, "0.00000000001", "99999999999999.999"),
    *("0000-00-00", "0001-01-01", "9999-12-31", "2026-02-30", "2026-11-22", "2026-11-22T25:61", "10:12", "24:00"),
    *(
        "\x00",
        "a\x00b",
        "\u202e",
        "\ufeff",
        "\ufffe",
        "𠮷野家",
        "👨‍👩‍👧",
        "é́́́",
        "İ",
        "ß",
        "ﷺ" * 40,
        "长" * 5000,
        "x" * 40_000,
    ),
    *("<script>alert(1)</script>", "'", '"', "' OR 1=1 --", "%", "_", "\\", "%s", "{{ 7*7 }}", "{% now %}", "${x}"),
    *(
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1+1",
        "../../etc/passwd",
        "C:\\x",
        "file:///etc/passwd",
        "//evil.example",
        "\\\\evil",
    ),
    *(
        "http://evil.example/",
        "javascript:alert(1)",
        "[]",
        "{}",
        "null",
        "true",
        "on",
        "None",
        "a,b",
        "a;b",
        "张三、李四",
    ),
    *(
        "00000000-0000-0000-0000-000000000000",
        "not-a-uuid",
        "99010200000",
        "990102000000",
        "9" * 18,
        "91999903MA00000000",
    ),
)
CONTENTS = (
    b"",
    b"\x00",
    b"PK\x03\x04",
    b"<script>alert(1)</script>",
    b"\xff\xd8\xff\xe0" + b"\x00" * 64,
    b"%PDF-1.7",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "名称,代码\n甲,1\n".encode("gb18030"),
    b"\xef\xbb\xbfcode,name,kind,parent_code\n1,2,3,4\n",
    b"a,b\n" * 3000,
    PDF,
)
NAMES = (
    "x.xlsx",
    "x.csv",
    "x.pdf",
    "x.jpg",
    "x.jpg.exe",
    "../x.docx",
    "",
    "长" * 200 + ".pdf",
    "a\x00b.xlsx",
    "𠮷.docx",
)


def _books() -> tuple[bytes, ...]:
    """Archives that are almost what they claim to be."""
    whole, hollow = office("docx"), io.BytesIO()
    with zipfile.ZipFile(hollow, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return whole, whole[: len(whole) // 2], hollow.getvalue(), jpeg()[:-40], jpeg()


words = st.one_of(st.sampled_from(WORDS), st.text(max_size=60), st.integers().map(str), st.floats().map(str))
files = st.builds(
    lambda name, content: SimpleUploadedFile(name or "x", content),
    st.sampled_from(NAMES),
    st.one_of(st.sampled_from((*CONTENTS, *_books())), st.binary(max_size=400)),
)


def for_input(given: Input) -> st.SearchStrategy[object]:
    """Something for a field: mostly what the page offers or asks for, often anything else."""
    if given.kind == "file":
        return st.one_of(files, st.lists(files, max_size=3), words)
    offered = st.sampled_from(given.values) if given.values else words
    one = st.one_of(offered, offered, words)
    return st.one_of(one, one, one, st.lists(one, max_size=4))
