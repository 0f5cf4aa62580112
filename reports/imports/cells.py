"""Columns of a template: what each is called, how its cells are read, and what is said when one can't be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from cadres.search import normalise, tidy
from reports.imports.parsing import marking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django.db.models import Choices

SHOWN: Final = 30
TWO_PLACES: Final = Decimal("0.01")
LARGEST_AMOUNT: Final = Decimal(10) ** 12
LARGEST_COUNT: Final = 2**31 - 1
NO_VALUE: Final = "—"

_SEPARATORS: Final = re.compile(r"[、，,；;|/\s]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?")
_DAY: Final = re.compile(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?(?:[ T][0-9:.]+)?")
_COMPACT_DAY: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")

# Cells that the parser could not give as text.
_UNREADABLE: Final = {
    "formula": "单元格是公式，请粘贴为数值",
    "error": "单元格是错误值（如 #N/A），请改为正确的值",
    "merged": "单元格被合并，请取消合并后填写",
    "inexact": "数字超过 15 位，Excel 已丢失末位，请把单元格设为文本后重新填写",
}


class CellError(ValueError):
    """Why a cell can't be taken, in Chinese words for whoever filled it in."""


@dataclass(frozen=True)
class Column:
    """One column. `name` is the key of its value in a row; an empty cell means `empty`, or KEEP what is stored.

    `permitted` are the words a cell may hold, `shown` turns a value back into words, `may_be_absent` marks columns that
    a template need not have, `listed` names the long list of reports.imports.lists that has what may stand there.
    """

    header: str
    name: str
    read: Callable[[str], Any]
    required: bool = False
    empty: Any = ""
    shown: Callable[[Any], str] = str
    permitted: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    hint: str = ""
    may_be_absent: bool = False
    listed: str = ""

    def value_of(self, cell: str | dict[str, Any]) -> Any:
        """The value of a cell; CellError if it has none that can be taken."""
        if isinstance(cell, dict):
            raise CellError(_reason(cell))
        if not (cell[:1].isalnum() or normalise(cell)):
            if self.required:
                raise CellError("必须填写")
            return self.empty() if callable(self.empty) else self.empty
        return self.read(cell)

    @property
    def is_list(self) -> bool:
        return self.empty is list

    @property
    def explanation(self) -> str:
        """What to write, for whoever fills in the column."""
        choice = f"从“可选值”中选{'，可多选' if self.is_list else '一项'}" if self.permitted or self.listed else ""
        return "；".join(part for part in (choice, self.hint) if part)

    def words(self, value: Any) -> str:
        return NO_VALUE if value in ("", None, []) else self.shown(value)


class Keep:
    """The value of an empty cell in a column that has no empty value: what is stored stays."""


KEEP: Final = Keep()


class Passed(Column):
    """A column that is passed over, whatever stands in it."""

    def value_of(self, cell: str | dict[str, Any]) -> Any:
        return KEEP


FAULTS: Final = Passed(marking.FAULTS, "faults", str, may_be_absent=True)
"""What an earlier check said of each row; a marked workbook may be put right and sent again."""


def text(header: str, name: str, longest: int, **options: Any) -> Column:
    def read(cell: str) -> str:
        found = tidy(cell)
        if len(found) > longest:
            raise CellError(f"超过 {longest} 个字（现为 {len(found)} 个），请缩短")
        return found

    return Column(header, name, read, **options)


def code(header: str, name: str, pattern: str, fault: str, **options: Any) -> Column:
    """A code: half-width, without any blanks, in one of its forms."""
    form = re.compile(pattern)

    def read(cell: str) -> str:
        found = normalise(cell).replace(" ", "")
        if not form.fullmatch(found):
            raise CellError(f"“{_short(found)}”{fault}")
        return found

    return Column(header, name, read, **options)


def count(header: str, name: str, **options: Any) -> Column:
    """A whole number from 0 on."""

    def read(cell: str) -> int:
        number = _number(cell)
        if number != number.to_integral_value():
            raise CellError(f"“{_short(cell)}”不是整数")
        if number > LARGEST_COUNT:
            raise CellError(f"“{_short(cell)}”太大，请核对")
        return int(number)

    return Column(header, name, read, empty=None, **options)


def amount(header: str, name: str, *, highest: int | None = None, percent: bool = False, **options: Any) -> Column:
    """A number from 0 on with two decimals; further ones are rounded. A percentage may have its sign."""

    def read(cell: str) -> Decimal:
        bare = normalise(cell).removesuffix("%").strip() if percent else cell
        number = _number(bare).quantize(TWO_PLACES, ROUND_HALF_UP)
        if highest is not None and number > highest:
            raise CellError(f"应在 0 到 {highest} 之间，现为 {_short(cell)}")
        if number >= LARGEST_AMOUNT:
            raise CellError(f"“{_short(cell)}”太大，请核对")
        return number

    return Column(header, name, read, empty=None, **options)


def day(header: str, name: str, **options: Any) -> Column:
    return Column(header, name, _day, empty=None, **options)


def choice(header: str, name: str, words: Mapping[str, Any], **options: Any) -> Column:
    """One of a few words, each standing for a value; several words may stand for the same one, the first is shown."""
    labels = _labels(words)

    def read(cell: str) -> Any:
        found = normalise(cell)
        if found not in words:
            raise CellError(f"“{_short(found)}”不是可选的值，应为：{'、'.join(labels.values())}")
        return words[found]

    return Column(header, name, read, shown=labels.__getitem__, permitted=tuple(labels.values()), **options)


def several(header: str, name: str, words: Mapping[str, Any], **options: Any) -> Column:
    """Any number of a few words, separated by 、; a list without repetitions, in the order of the words."""
    labels = _labels(words)

    def read(cell: str) -> list[Any]:
        given = parts(cell)
        if unknown := [word for word in given if word not in words]:
            raise CellError(f"“{_short(unknown[0])}”不是可选的值，应为：{'、'.join(labels.values())}")
        wanted = {words[word] for word in given}
        return [value for value in labels if value in wanted]

    def shown(values: Iterable[Any]) -> str:
        return "、".join(labels[value] for value in values)

    return Column(header, name, read, empty=list, shown=shown, permitted=tuple(labels.values()), **options)


def words(header: str, name: str, longest: int, **options: Any) -> Column:
    """Any number of free words, separated by 、."""

    def read(cell: str) -> list[str]:
        found = list(dict.fromkeys(parts(tidy(cell))))
        if long := [word for word in found if len(word) > longest]:
            raise CellError(f"“{_short(long[0])}”超过 {longest} 个字，请缩短")
        return found

    return Column(header, name, read, empty=list, shown="、".join, **options)


def labelled(choices: type[Choices]) -> dict[str, Any]:
    """The words of a Django choices class, for `choice` and `several`."""
    return {str(label): value for value, label in choices.choices}


def parts(cell: str) -> list[str]:
    """What stands between separators."""
    return [part for part in _SEPARATORS.split(normalise(cell)) if part]


def _labels(words: Mapping[str, Any]) -> dict[Any, str]:
    labels: dict[Any, str] = {}
    for word, value in words.items():
        labels.setdefault(value, word)
    return labels


def _reason(cell: dict[str, Any]) -> str:
    if cell["is"] == "long":
        return f"内容过长（{cell['length']} 个字），请缩短"
    return _UNREADABLE[cell["is"]]


def _number(cell: str) -> Decimal:
    found = normalise(cell).replace(" ", "")
    if not _NUMBER.fullmatch(found):
        raise CellError(f"“{_short(found)}”不是数字")
    number = Decimal(found.replace(",", ""))
    if number < 0:
        raise CellError(f"不能是负数，现为 {_short(found)}")
    return number


def _day(cell: str) -> date:
    found = normalise(cell)
    match = _DAY.fullmatch(found) or _COMPACT_DAY.fullmatch(found)
    year, month, day_ = (int(part) for part in match.groups()) if match else (0, 0, 0)
    try:
        return date(year, month, day_)
    except ValueError as error:
        raise CellError(f"“{_short(found)}”不是日期，应写成 2026-11-20 的样子") from error


def _short(text: str) -> str:
    found = normalise(text)
    return found if len(found) <= SHOWN else found[:SHOWN] + "…"
