"""By when an order or an instruction is to be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from appeals.models import ReplyTerm
from appeals.models.tables import Urgency
from workflow.models import OrderColour
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Appeal


@dataclass(frozen=True)
class Terms:
    """The table of terms, read once for many orders; what is counted from one instant is counted once."""

    rows: dict[tuple[str, bool], ReplyTerm]
    _counted: dict[tuple[Any, ...], datetime] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls) -> Terms:
        return cls({(term.colour, term.critical): term for term in ReplyTerm.objects.all()})

    def due_at(self, appeal: Appeal, colour: str, now: datetime) -> datetime:
        """Counted from `now` on the calendar of the case's region."""
        calendar, critical = load_calendar(appeal.region_path), appeal.urgency == Urgency.CRITICAL
        key = (colour, critical, calendar, now)
        if (due_at := self._counted.get(key)) is None:
            term = self.rows.get((colour, critical))
            if term is None:
                raise ImproperlyConfigured(f"no term for {colour}; run migrate")
            due_at = self._counted[key] = calendar.limit(now, term.amount, term.unit)
        return due_at

    def of(self, appeal: Appeal, now: datetime) -> dict[OrderColour, datetime]:
        """Of each colour."""
        return {colour: self.due_at(appeal, colour, now) for colour in OrderColour}
