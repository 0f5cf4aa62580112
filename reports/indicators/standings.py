"""Enterprises of the base list, by the latest status that speaks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
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


JOINED: Final = (0, 1)  # reports that old are joined
_RESUMED: Final = frozenset({State.PARTIAL, State.FULL})
_STATES: Final[tuple[str | None, ...]] = (State.NONE, State.PARTIAL, State.FULL)
STANDINGS: Final = (
    Standing(None, None),
    *(Standing(state, age) for age in range(FRESH_DAYS + 1) for state in _STATES),
)
_BY_CODE: Final = {standing.code: standing for standing in STANDINGS}
SILENT: Final = Value(Standing(None, None).code)


def codes_where(counts: Callable[[Standing], bool]) -> frozenset[int]:
    return frozenset(standing.code for standing in STANDINGS if counts(standing))


def base_entries(scope: Scope) -> QuerySet[Any]:
    """The enterprises that should have resumed, each with its standing as far as it was reported by `as_of`.

    A report that has been replaced since `as_of` counts as it then was. What was reported of the day itself and of the
    day before is joined, which is nearly everything; only for whoever was silent on both is it looked up further back.
    """
    days = {age: scope.day - timedelta(days=age) for age in JOINED}
    joined = {relation: report for day in days.values() for relation, report in report_of(day).items()}
    told = [_code_of_report(name_of_report(day), scope, age) for age, day in days.items()]
    entries = BaseEntry.objects.of_day(scope.region, scope.day)
    return entries.annotate(**joined).annotate(standing=Coalesce(*told, _code_of_older(scope), SILENT))


def name_of_report(day: date) -> str:
    return f"report_{day:%Y%m%d}"


def report_of(day: date) -> dict[str, FilteredRelation]:
    """A day's report of an enterprise, by its name as a relation: whoever asks for the same shares one join."""
    return {name_of_report(day): FilteredRelation("enterprise__statuses", condition=Q(enterprise__statuses__day=day))}


def _code_of_report(report: str, scope: Scope, age: int) -> Case:
    """Of a day's report that is joined, or of the version that had not been replaced yet."""
    states = [
        When(Q((f"{report}__reported_at__lte", scope.as_of), (f"{report}__state", standing.state)), then=standing.code)
        for standing in STANDINGS
        if standing.age == age
    ]
    later = Q((f"{report}__reported_at__gt", scope.as_of))
    return Case(*states, When(later, then=_code_then(scope, {age})), output_field=IntegerField())


def _code_of_older(scope: Scope) -> Greatest:
    """Of the latest report of an earlier day than those that are joined."""
    known = OperatingStatus.objects.filter(reported_at__lte=scope.as_of).telling_state()
    ages = set(range(FRESH_DAYS + 1)) - set(JOINED)
    return Greatest(_latest(known, scope, ages), _code_then(scope, ages))


def _code_then(scope: Scope, ages: set[int]) -> Case:
    """Of the latest version that was in force then and is no longer; looked up of the few that have any."""
    history = OperatingStatusHistory.objects.filter(reported_at__lte=scope.as_of, replaced_at__gt=scope.as_of)
    told = history.exclude(state="")
    some = Q(enterprise__in=told.order_by().values("enterprise"))
    return Case(When(some, then=_latest(told, scope, ages)), output_field=IntegerField())


def _latest(statuses: QuerySet[Any], scope: Scope, ages: set[int]) -> Subquery:
    codes = [
        When(day=scope.day - timedelta(days=standing.age), state=standing.state, then=standing.code)
        for standing in STANDINGS
        if standing.age in ages
    ]
    last, first = (scope.day - timedelta(days=age) for age in (min(ages), max(ages)))
    latest = statuses.filter(enterprise=OuterRef("enterprise"), day__range=(first, last)).order_by("-day")
    return Subquery(latest.annotate(code=Case(*codes, output_field=IntegerField())).values("code")[:1])
