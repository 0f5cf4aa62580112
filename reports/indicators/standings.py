"""Enterprises of the base list, by the latest status that speaks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from enterprises.models import OperatingStatus, OperatingStatusHistory
from reports.models import BaseEntry
from reports.models.days import FRESH_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from reports.indicators.scopes import Scope

State = OperatingStatus.State


class Standing(NamedTuple):
    """What was last reported of an enterprise, and how many days before the day in question; silent: nothing."""

    state: str | None
    age: int | None

    @property
    def code(self) -> int:
        return -1 if self.age is None else (FRESH_DAYS - self.age) * len(_STATES) + _STATES.index(self.state)

    @classmethod
    def of(cls, code: int) -> Standing:
        return _BY_CODE[code]

    @property
    def resumed(self) -> bool:
        return self.state in _RESUMED

    @property
    def reported(self) -> bool:
        """Reported for the day itself."""
        return self.age == 0

    @property
    def carried(self) -> bool:
        """沿用: the status of an earlier day speaks for this one."""
        return bool(self.age)

    @property
    def silent(self) -> bool:
        return self.age is None

    @property
    def label(self) -> str:
        return "未报" if self.state is None else State(self.state).label


_RESUMED: Final = frozenset({State.PARTIAL, State.FULL})
_STATES: Final[tuple[str | None, ...]] = (State.NONE, State.PARTIAL, State.FULL)
STANDINGS: Final = (
    Standing(None, None),
    *(Standing(state, age) for age in range(FRESH_DAYS + 1) for state in _STATES),
)
_BY_CODE: Final = {standing.code: standing for standing in STANDINGS}


def codes_where(counts: Callable[[Standing], bool]) -> frozenset[int]:
    return frozenset(standing.code for standing in STANDINGS if counts(standing))


def base_entries(scope: Scope) -> QuerySet[Any]:
    """The enterprises that should have resumed, each with its standing as far as it was reported by `as_of`.

    A report that has been replaced since `as_of` counts as it then was.
    """
    known = Q(reported_at__lte=scope.as_of) & ~Q(state="")
    now = _latest(OperatingStatus.objects.filter(known), scope.day)
    then = _latest(OperatingStatusHistory.objects.filter(known, replaced_at__gt=scope.as_of), scope.day)
    silent = Value(Standing(None, None).code)
    return BaseEntry.objects.of_day(scope.region, scope.day).annotate(standing=Coalesce(Greatest(now, then), silent))


def _latest(statuses: QuerySet[Any], day: date) -> Subquery:
    codes = [
        When(day=day - timedelta(days=standing.age), state=standing.state, then=standing.code)
        for standing in STANDINGS
        if standing.age is not None
    ]
    latest = statuses.filter(
        enterprise=OuterRef("enterprise"), day__lte=day, day__gte=day - timedelta(days=FRESH_DAYS)
    ).order_by("-day")
    return Subquery(latest.annotate(code=Case(*codes, output_field=IntegerField())).values("code")[:1])
