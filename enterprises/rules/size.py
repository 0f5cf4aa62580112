"""The size of an enterprise by 统计上大中小微型企业划分办法（2017）, 国统字〔2017〕213号.

Its lower limits are the rows of `data/enterprise_size_2017.csv`, headcount in persons, amounts in 万元. Individual
traders (个体工商户) are judged by the same rows.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, Literal

Size = Literal["large", "medium", "small", "micro"]
Amount = Decimal | int | float

_DATA: Final = Path(__file__).parent.parent / "data" / "enterprise_size_2017.csv"
_FROM_LARGEST: Final[tuple[Size, ...]] = ("large", "medium", "small")
_SMALLEST_LAST: Final[tuple[Size, ...]] = (*_FROM_LARGEST, "micro")

# Divisions of GB/T 4754-2017 that one row of the rule takes as a whole, as the notes below its table say. Left out,
# because the rule doesn't cover them: railways (53), finance (66-69), education (83), health (84), S and T.
_DIVISIONS: Final[dict[str, tuple[range, ...]]] = {
    "农林牧渔": (range(1, 6),),
    "工业": (range(6, 47),),
    "建筑": (range(47, 51),),
    "批发": (range(51, 52),),
    "零售": (range(52, 53),),
    "交通运输": (range(54, 59),),
    "邮政": (range(60, 61),),
    "住宿": (range(61, 62),),
    "餐饮": (range(62, 63),),
    "信息传输": (range(63, 65),),
    "软件和信息技术服务": (range(65, 66),),
    "租赁和商务服务": (range(71, 73),),
    "其他未列明": (range(73, 83), range(85, 91)),
}

# Divisions that the rule divides: 装卸搬运 is transport and the rest of 59 storage; real estate agencies and other
# real estate are 其他未列明, while letting one's own property (704) is not covered.
_GROUPS: Final[dict[str, str]] = {
    "591": "交通运输",
    **dict.fromkeys(("592", "593", "594", "595", "596", "599"), "仓储"),
    "701": "房地产开发经营",
    "702": "物业管理",
    "703": "其他未列明",
    "709": "其他未列明",
}


@cache
def _limits() -> dict[str, dict[str, dict[Size, Decimal]]]:
    """Industry of the rule → fact → size → lower limit."""
    limits: dict[str, dict[str, dict[Size, Decimal]]] = {}
    with _DATA.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            limits.setdefault(row["industry"], {})[row["fact"]] = {size: Decimal(row[size]) for size in _FROM_LARGEST}
    return limits


@cache
def row_for(division: str, group: str = "") -> str | None:
    """The row of the rule's table for a division (34) and its 3-digit group (341).

    None where the rule doesn't cover the industry, or where the group decides and is not known.
    """
    if group in _GROUPS:
        return _GROUPS[group]
    number = int(division) if division.isdecimal() else 0
    return next((row for row, ranges in _DIVISIONS.items() if any(number in each for each in ranges)), None)


def size_of(
    division: str,
    group: str,
    headcount: int | None,
    revenue_wan: Amount | None,
    assets_wan: Amount | None,
) -> Size | None:
    """The largest size all of whose lower limits are met, else micro; None (未定) where a fact it needs is missing."""
    row = row_for(division, group)
    if row is None:
        return None
    facts = {"headcount": headcount, "revenue": revenue_wan, "assets": assets_wan}
    judged = [_by_fact(facts[name], limits) for name, limits in _limits()[row].items()]
    sizes = [size for size in judged if size is not None]
    return max(sizes, key=_SMALLEST_LAST.index) if len(sizes) == len(judged) else None


def _by_fact(value: Amount | None, limits: dict[Size, Decimal]) -> Size | None:
    if value is None:
        return None
    return next((size for size in _FROM_LARGEST if value >= limits[size]), "micro")
