"""The columns of ledgers: what each is called, where its value comes from, how it stands in the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import F, QuerySet

from cadres.masking import masked_name, masked_phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.models import Choices
    from django.db.models.expressions import Combinable

CHUNK: Final = 2_000


class Form(Enum):
    """How a cell stands in the sheet."""

    TEXT = "text"
    LONG = "long"
    CODE = "code"
    NUMBER = "number"
    AMOUNT = "amount"
    RATE = "rate"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True)
class Column:
    """One column. `source` is a field's path or an expression, `words` turns its value into what the cell holds."""

    header: str
    source: str | Combinable
    form: Form = Form.TEXT
    width: int = 12
    words: Callable[[Any], Any] | None = None


class Head(NamedTuple):
    """What of a column the sheet needs."""

    header: str
    form: Form
    width: int


def text(header: str, source: str | Combinable, width: int = 12, **options: Any) -> Column:
    return Column(header, source, Form.TEXT, width, **options)


def long(header: str, source: str | Combinable, width: int = 40, **options: Any) -> Column:
    """Running text, wrapped."""
    return Column(header, source, Form.LONG, width, **options)


def code(header: str, source: str | Combinable, width: int = 21, **options: Any) -> Column:
    """Digits that are no number: codes and telephone numbers."""
    return Column(header, source, Form.CODE, width, **options)


def number(header: str, source: str | Combinable, width: int = 10, **options: Any) -> Column:
    return Column(header, source, Form.NUMBER, width, **options)


def amount(header: str, source: str | Combinable, width: int = 15, **options: Any) -> Column:
    """Money in 元."""
    return Column(header, source, Form.AMOUNT, width, **options)


def rate(header: str, source: str | Combinable, width: int = 10, **options: Any) -> Column:
    """A fraction, shown as a percentage."""
    return Column(header, source, Form.RATE, width, **options)


def day(header: str, source: str | Combinable, width: int = 12, **options: Any) -> Column:
    """A day, or the day of an instant."""
    return Column(header, source, Form.DAY, width, **options)


def moment(header: str, source: str | Combinable, width: int = 17, **options: Any) -> Column:
    return Column(header, source, Form.MOMENT, width, **options)


def label(header: str, source: str | Combinable, choices: type[Choices], width: int = 10) -> Column:
    """The word of a stored choice; a value that is none any more stands as it is."""
    words = {value: str(word) for value, word in choices.choices}
    return Column(header, source, Form.TEXT, width, lambda value: words.get(value, value))


def name(header: str, source: str | Combinable, *, masked: bool, width: int = 10) -> Column:
    """Somebody's name, masked unless the reader may see it."""
    return text(header, source, width, words=masked_name if masked else None)


def phone(header: str, source: str | Combinable, *, masked: bool, width: int = 15) -> Column:
    return code(header, source, width, words=masked_phone if masked else None)


def heads(columns: Sequence[Column]) -> list[Head]:
    return [Head(column.header, column.form, column.width) for column in columns]


def cells(queryset: QuerySet[Any, Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
    """The cells of each row. One query by a server-side cursor, so that memory does not grow with the rows."""
    names = [f"cell_{place}" for place in range(len(columns))]
    sources = {
        name: F(column.source) if isinstance(column.source, str) else column.source
        for name, column in zip(names, columns, strict=True)
    }
    worded = [(place, column.words) for place, column in enumerate(columns) if column.words]
    for found in queryset.annotate(**sources).values_list(*names).iterator(chunk_size=CHUNK):
        row = list(found)
        for place, words in worded:
            if row[place] is not None:
                row[place] = words(row[place])
        yield row
