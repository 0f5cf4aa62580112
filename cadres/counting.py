"""Asking for many small things at once: whatever a page has to know that is no list, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import IntegerField, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone

from cadres.models import Cadre

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model, QuerySet
    from django.db.models.expressions import Combinable

    Converter = Callable[[Any, Any, BaseDatabaseWrapper], Any]

Key = TypeVar("Key", bound="Hashable")


class Count(Subquery):
    """How many rows there are, as a column of another query; at most `to`, beyond which nobody counts."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any], to: int | None = None) -> None:
        super().__init__(rows.order_by().values("pk")[:to])


class CountEach(Subquery):
    """How many rows have each of these values in a column: an array in their order, as a column of another query.

    As many Counts say the same, each to `to` at most; this one is put together and planned once.
    """

    template = (
        "ARRAY(SELECT (SELECT count(*) FROM (%(subquery)s) AS counted)"
        " FROM unnest(ARRAY[%(listed)s]) WITH ORDINALITY AS each (value, place) ORDER BY place)"
    )
    output_field = ArrayField(IntegerField())

    def __init__(self, rows: QuerySet[Any], column: str, values: Sequence[str], to: int | None = None) -> None:
        having: Any = {column: RawSQL("each.value", ())}
        listed = ", ".join(f"'{value}'" for value in values)  # codes of our own
        super().__init__(rows.filter(**having).order_by().values("pk")[:to], listed=listed)
        self.empty_result_set_value = [0] * len(values)


class Along(ArraySubquery):
    """The rows of another table that belong to a row, as a column of it: instances with these fields alone."""

    def __init__(self, rows: QuerySet[Any], *fields: str) -> None:
        # In the order of the model's own fields, in which from_db() takes their values.
        self.names = [field.attname for field in rows.model._meta.concrete_fields if field.attname in fields]
        self.model = rows.model
        super().__init__(rows.values(along=JSONObject(**{name: name for name in self.names})))

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        return [*super().get_db_converters(connection), self._made]

    def _made(
        self, found: list[dict[str, Any]] | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> list[Model]:
        fields = [self.model._meta.get_field(name) for name in self.names]
        rows = [
            [field.to_python(row[name]) for name, field in zip(self.names, fields, strict=True)] for row in found or ()
        ]
        return [self.model.from_db(connection.alias, self.names, row) for row in rows]


@dataclass(frozen=True)
class Question:
    """Columns put together into one statement, to be asked again at later moments than the `now` in its conditions.

    Putting one together takes about as long as its answer, and that of a page's frame is the same on every page.
    """

    keys: tuple[Any, ...]
    now: datetime
    sql: str
    params: tuple[Any, ...]
    converters: tuple[tuple[int, Sequence[Converter], Any], ...]

    @classmethod
    def of(cls, cadre: Cadre, columns: Mapping[Any, Combinable], now: datetime) -> Self:
        """None of the columns refers to the cadre, whose row only bears them."""
        named = {f"column_{number}": column for number, column in enumerate(columns.values())}
        row = Cadre.objects.filter(pk=cadre.pk).order_by().annotate(**named).values_list(*named)
        compiler = row.query.get_compiler(row.db)
        sql, params = compiler.as_sql()
        found = compiler.get_converters([expression for expression, *_ in compiler.select])
        return cls(tuple(columns), now, sql, tuple(params), tuple((place, *found[place]) for place in found))

    def ask(self, now: datetime) -> dict[Any, Any]:
        """The value of each column, by its key."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [now if param is self.now else param for param in self.params])
            row = list(cursor.fetchone() or ())
        for place, converters, expression in self.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        return dict(zip(self.keys, row, strict=True))


def ask(cadre: Cadre, columns: Mapping[Key, Combinable]) -> dict[Key, Any]:
    """The value of each column, by its key. None refers to the cadre, whose row only bears them."""
    now = timezone.now()
    return Question.of(cadre, columns, now).ask(now) if columns else {}
