"""Broken workbooks: each is read to its end, or refused with a sentence; none takes the reader down with it.

60 of them here; by hand as many as wanted: FUZZ_WORKBOOKS=500 python3 dev.py test tests/hostile
"""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from reports.imports.reading import UnreadableError, read

WORKBOOKS: Final = int(os.environ.get("FUZZ_WORKBOOKS", "60"))
SEED: Final = 20261122
SENTENCE: Final = re.compile(r"[\u4e00-\u9fff].*。$", re.S)
VALUES: Final = (b"-1", b"99999999999", b"NaN", b"", b"&#0;", b"\xff\xfe", b"1e999", b"A" * 5000, b"<v>", b"]]>")


def whole() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业名称", "日期", "用电量(kWh)", "备注"])
    for number in range(40):
        sheet.append([f"第{number}厂 𠮷", "2026-11-20", number * 1.5, "=1+1" if number % 7 == 0 else "<b>'"])
    sheet.merge_cells("A5:B6")
    sheet["E2"] = "=SUM(C:C)"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def mutated(source: bytes, chance: random.Random) -> bytes:
    """The archive itself damaged, or one of its parts."""
    return _damaged(source, chance) if chance.random() < 0.3 else _with_a_broken_part(source, chance)


@pytest.mark.parametrize("number", range(WORKBOOKS))
def test_a_broken_workbook_is_read_or_refused_in_words(tmp_path: Path, number: int) -> None:
    chance = random.Random(SEED + number)
    path = tmp_path / "book.xlsx"
    path.write_bytes(mutated(whole(), chance))
    assert SENTENCE.search(_what_comes_of(path))


def _what_comes_of(path: Path) -> str:
    try:
        with read(path, "企业.xlsx") as sheet:
            return f"读到第 {max((row.number for row in sheet.rows), default=0)} 行。"
    except UnreadableError as refusal:
        return str(refusal)


def _with_a_broken_part(source: bytes, chance: random.Random) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        broken = chance.choice(names)
        for name in names:
            if name != broken:
                new.writestr(name, old.read(name))
            elif chance.random() < 0.8:  # else it is missing
                new.writestr(name, _edited(old.read(name), chance))
    return content.getvalue()


def _edited(part: bytes, chance: random.Random) -> bytes:
    """Numbers and references that mean something else, or damage anywhere."""
    found = list(re.finditer(rb'(?<=")[A-Z]{0,3}\d+(?=")|(?<=>)[^<>]+(?=<)', part))
    if not found or chance.random() < 0.3:
        return _damaged(part, chance)
    for hit in reversed(chance.sample(found, min(len(found), chance.randint(1, 4)))):
        part = part[: hit.start()] + chance.choice(VALUES) + part[hit.end() :]
    return part


def _damaged(content: bytes, chance: random.Random) -> bytes:
    at, much = chance.randrange(len(content)), chance.randint(1, 64)
    act = chance.choice(("cut", "overwrite", "repeat", "insert"))
    if act == "cut":
        return content[:at]
    if act == "repeat":
        return content[:at] + content[at : at + much] * 50 + content[at + much :]
    noise = chance.randbytes(much)
    return content[:at] + noise + content[at + (much if act == "overwrite" else 0) :]
