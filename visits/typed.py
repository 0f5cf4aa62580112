"""A visit form as far as it is typed: what a refused page shows again, what a draft keeps, what is taken up later.

Values stay the strings that came, so that everything comes back as it was, the wrong ones included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID, uuid4

from django.utils import timezone

from visits.forms import APPEALS, MOST_APPEALS, AppealRow, VisitForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from enterprises.models import Enterprise

DELETE: Final = "DELETE"
ROW_FIELDS: Final = (*AppealRow.base_fields, DELETE)
MOST_ROWS: Final = 2 * MOST_APPEALS  # rows that were taken away again still count on a page

Values = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """The fields by name, and those of each appeal."""

    fields: Values
    rows: tuple[Values, ...] = ()

    @classmethod
    def blank(cls, now: datetime) -> Self:
        return cls({"client_id": str(uuid4()), "begun_at": now.isoformat()})

    @classmethod
    def sent(cls, post: QueryDict) -> Self:
        """What a page sent, its script's deleted rows included."""
        total = post.get(f"{APPEALS}-TOTAL_FORMS", "")
        count = min(int(total[:6]), MOST_ROWS) if total.isascii() and total.isdecimal() else 0
        rows = ({name: post.get(f"{APPEALS}-{index}-{name}") for name in ROW_FIELDS} for index in range(count))
        fields = {name: post.get(name) for name in VisitForm.base_fields}
        return cls(_clean(fields), tuple(_clean(row) for row in rows))

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Self:
        """What a draft holds."""
        return cls(dict(data.get("fields", {})), tuple(dict(row) for row in data.get("rows", ())))

    def for_draft(self) -> dict[str, Any]:
        return {"fields": self.fields, "rows": list(self.rows)}

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

    @property
    def live_rows(self) -> list[Values]:
        return [row for row in self.rows if not row.get(DELETE)]

    @property
    def row_data(self) -> Values:
        """The rows as a formset reads them, numbered anew."""
        rows = self.live_rows
        data = {f"{APPEALS}-TOTAL_FORMS": str(len(rows)), f"{APPEALS}-INITIAL_FORMS": "0"}
        for index, row in enumerate(rows):
            data |= {f"{APPEALS}-{index}-{name}": value for name, value in row.items()}
        return data

    def but(self, **fields: str) -> Self:
        return replace(self, fields=self.fields | fields)

    def of(self, enterprise: Enterprise) -> Self:
        return self.but(enterprise=str(enterprise.pk))

    def with_one_more_row(self) -> Self:
        return replace(self, rows=(*self.rows, {}))

    def without_row(self, number: str) -> Self:
        return replace(self, rows=tuple(row for index, row in enumerate(self.rows) if str(index) != number))


def typed_id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _clean(values: Mapping[str, str | None]) -> Values:
    """Without what wasn't sent, the NUL that PostgreSQL can't hold, and the two-character line ends of forms."""
    return {name: value.replace("\0", "").replace("\r\n", "\n") for name, value in values.items() if value is not None}
