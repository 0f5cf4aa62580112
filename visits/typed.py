"""A visit form as far as it is typed: what a refused page shows again, what a draft keeps, what is taken up later.

Values stay the strings that came, so that everything comes back as it was, the wrong ones included.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID, uuid4

from django.utils import timezone

from visits.forms import AppealRows, FactRows, VisitForm
from visits.forms.follow_ups import PREFIX as FOLLOW_UP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from enterprises.models import Enterprise
    from visits.forms import Rows

DELETE: Final = "DELETE"
PARTS: Final[tuple[type[Rows[Any]], ...]] = (AppealRows, FactRows)
MOST_FOLLOW_UPS: Final = 200
SEVERAL: Final = frozenset({"policies"})  # fields with any number of values

Values = dict[str, Any]


@dataclass(frozen=True)
class Typed:
    """The fields by name (a list where there can be several values), and those of each row by its part's prefix,
    and what is said of earlier appeals by the appeal's key.
    """

    fields: Values
    rows: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)
    follow_ups: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, now: datetime) -> Self:
        return cls({"client_id": str(uuid4()), "begun_at": now.isoformat()})

    @classmethod
    def sent(cls, post: QueryDict) -> Self:
        """What a page sent, its script's deleted rows included."""
        names = VisitForm.base_fields
        fields = {name: post.getlist(name) if name in SEVERAL else post.get(name) for name in names}
        rows = {part.get_default_prefix(): _rows(part, post) for part in PARTS}
        return cls(_clean(fields), rows, _follow_ups(post))

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Self:
        """What a draft holds."""
        rows = {part: tuple(dict(row) for row in kept) for part, kept in data.get("rows", {}).items()}
        return cls(dict(data.get("fields", {})), rows, dict(data.get("follow_ups", {})))

    def for_draft(self) -> dict[str, Any]:
        rows = {part: list(rows) for part, rows in self.rows.items()}
        return {"fields": self.fields, "rows": rows, "follow_ups": dict(self.follow_ups)}

    @property
    def client_id(self) -> UUID | None:
        return typed_id(self.fields.get("client_id"))

    @property
    def begun_at(self) -> datetime | None:
        """When the page was opened, by its own note."""
        try:
            moment = datetime.fromisoformat(self.fields.get("begun_at", ""))
        except ValueError:
            return None
        return moment if timezone.is_aware(moment) else None

    def of_part(self, part: type[Rows[Any]]) -> tuple[Values, ...]:
        return self.rows.get(part.get_default_prefix(), ())

    def data_of(self, part: type[Rows[Any]]) -> Values:
        """The rows of a part as its formset reads them, numbered anew, without those that were taken away."""
        prefix = part.get_default_prefix()
        rows = [row for row in self.of_part(part) if not row.get(DELETE)]
        data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0"}
        for index, row in enumerate(rows):
            data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
        return data

    def but(self, **fields: str) -> Self:
        return replace(self, fields=self.fields | fields)

    def of(self, enterprise: Enterprise) -> Self:
        return self.but(enterprise=str(enterprise.pk))

    def with_one_more_row(self, prefix: str) -> Self:
        return self._with(prefix, (*self.rows.get(prefix, ()), {}))

    def without_row(self, prefix: str, number: str) -> Self:
        rows = self.rows.get(prefix, ())
        return self._with(prefix, tuple(row for index, row in enumerate(rows) if str(index) != number))

    def _with(self, prefix: str, rows: tuple[Values, ...]) -> Self:
        return replace(self, rows={**self.rows, prefix: rows})


def _rows(part: type[Rows[Any]], post: QueryDict) -> tuple[Values, ...]:
    prefix = part.get_default_prefix()
    total = post.get(f"{prefix}-TOTAL_FORMS", "")
    most = 2 * part.max_num  # rows that were taken away again still count on a page
    count = min(int(total[:6]), most) if total.isascii() and total.isdecimal() else 0
    names = (*part.form.base_fields, DELETE)
    return tuple(_clean({name: post.get(f"{prefix}-{index}-{name}") for name in names}) for index in range(count))


def _follow_ups(post: QueryDict) -> dict[str, str]:
    """Those with any words, by the key that stands in their name."""
    found: dict[str, str] = {}
    for name, value in post.items():
        prefix, _, key = name.partition("-")
        is_key = key.isascii() and key.isdecimal() and len(key) < 19 and not key.startswith("0")
        if prefix == FOLLOW_UP and is_key and len(found) < MOST_FOLLOW_UPS and (text := _text(str(value))).strip():
            found[key] = text
    return found


def typed_id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _clean(values: Mapping[str, str | list[str] | None]) -> Values:
    """Without what wasn't sent, the NUL that PostgreSQL can't hold, and the two-character line ends of forms."""
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: str | list[str]) -> str | list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else _text(value)


def _text(value: str) -> str:
    return value.replace("\0", "").replace("\r\n", "\n")
