"""Periods of a fulfilment (期次): a year, half a year, a quarter or a month, written in one way each.

2026, 2026H1, 2026Q3 and 2026-10 are stored; 2026年, 2026年上半年, 2026年第3季度 and 2026年10月 are shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cadres.search import normalise

if TYPE_CHECKING:
    from datetime import date

STORED: Final = r"^(19|20)[0-9]{2}(H[12]|Q[1-4]|-(0[1-9]|1[0-2]))?$"
HINT: Final = "如 2026、2026上半年、2026Q3、2026-10"

_HALVES: Final = {"上": "H1", "下": "H2"}
_QUARTERS: Final = {"一": "1", "二": "2", "三": "3", "四": "4"}


def parse(text: str) -> str:
    """The stored form of a period as people write it. Raises ValueError, in Chinese, for anything else."""
    plain = normalise(text).replace(" ", "").upper().rstrip("度")
    year, rest = plain[:4], plain[4:].removeprefix("年").removeprefix("度")
    found = year + _part(rest)
    if not re.match(STORED, found):
        raise ValueError(f"“{text.strip()[:20]}”不是期次，请写成{HINT}")
    return found


def _part(rest: str) -> str:
    if match := re.fullmatch(r"([上下])半年?", rest):
        return _HALVES[match[1]]
    if match := re.fullmatch(r"[Q第]?([1-4一二三四])季?", rest) if "季" in rest or rest.startswith("Q") else None:
        return f"Q{_QUARTERS.get(match[1], match[1])}"
    if match := re.fullmatch(r"[-/.]?([0-9]{1,2})月?(份)?", rest):
        return f"-{int(match[1]):02d}"
    return rest


def words(period: str) -> str:
    """2026年第3季度."""
    year, part = period[:4], period[4:]
    if not part:
        return f"{year}年"
    if part.startswith("-"):
        return f"{year}年{int(part[1:])}月"
    return f"{year}年" + ({"H1": "上半年", "H2": "下半年"}.get(part) or f"第{part[1:]}季度")


def year_of(day: date) -> str:
    """The period that most items are granted for."""
    return f"{day:%Y}"
