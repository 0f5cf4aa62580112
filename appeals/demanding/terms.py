"""By when an order or an instruction is to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """The table of terms, read once for many orders."""

    rows: dict[tuple[str, bool], ReplyTerm]

    @classmethod
    def load(cls) -> Terms:
        return cls({(term.colour, term.critical): term for term in ReplyTerm.objects.all()})

    def due_at(self, appeal: Appeal, colour: str, now: datetime) -> datetime:
        """Counted from `now` on the calendar of the case's region."""
        term = self.rows.get((colour, appeal.urgency == Urgency.CRITICAL))
        if term is None:
            raise ImproperlyConfigured(f"no term for {colour}; run migrate")
        return load_calendar(appeal.region_path).limit(now, term.amount, term.unit)

    def of(self, appeal: Appeal, now: datetime) -> dict[OrderColour, datetime]:
        """Of each colour."""
        return {colour: self.due_at(appeal, colour, now) for colour in OrderColour}
