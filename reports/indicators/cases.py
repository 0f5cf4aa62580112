"""Cases, by how they were settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)

from appeals.models import Appeal, Escalation, Round
from cadres.models import Region

if TYPE_CHECKING:
    from reports.indicators.scopes import Scope

NAMED_LEVEL: Final = 4  # the level of supervision that a bulletin names


class Ending(models.IntegerChoices):
    """How a case stands at the end of a period."""

    ON_TIME = 1, "按时办结"
    LATE = 2, "超期办结"
    OVERDUE = 3, "超期未办结"


class Openness(NamedTuple):
    """How a case that is open stands: the light of its deadline, and whether the ladder has raised it."""

    light: str
    is_raised: bool

    @property
    def code(self) -> int:
        return 2 * _LIGHTS.index(self.light) + self.is_raised

    @classmethod
    def of(cls, code: int) -> Openness:
        return cls(_LIGHTS[code // 2], bool(code % 2))

    @property
    def is_escalated(self) -> bool:
        return self.is_raised or self.light == "red"


_LIGHTS: Final = ("grey", "green", "yellow", "red")


def open_cases(scope: Scope) -> QuerySet[Any]:
    """Cases that are open, under the lights of `as_of`: as they stand now, whatever the period."""
    found = _of(Appeal.objects.submitted().watched().with_light(scope.as_of), scope.region)
    light = Func(Value(list(_LIGHTS), ArrayField(TextField())), F("light"), function="array_position") - 1
    raised = Case(When(watch__level__gt=0, then=1), default=0)
    stand: QuerySet[Any] = found.annotate(standing=ExpressionWrapper(2 * light + raised, IntegerField()))
    return stand


def cases(scope: Scope) -> QuerySet[Any]:
    """Cases settled in the period, and those open and overdue at its end.

    A case is settled when its last round is; it is on time if every round was 办结 by the deadline in force.
    """
    found: QuerySet[Any] = (
        _of(Appeal.objects.filter(_may_count(scope)), scope.region)
        .annotate(last_settled_at=_of_last_round("settled_at", scope), last_due_at=_of_last_round("due_at", scope))
        .annotate(standing=_ending(scope))
        .exclude(standing=None)
    )
    return found


def _may_count(scope: Scope) -> Q:
    """Each part by an index of its own: settled since, waiting though due, ended later, or handed out once more.

    Whatever was handed out for the first time later had no round yet.
    """
    waiting = Q(ended_at=None, settled_at=None, due_at__lt=scope.until)
    again = Q(round_started_at__gt=scope.until, round__gt=1)
    had_begun = Q(round_started_at__lte=scope.until) | Q(round__gt=1)
    return Q(Q(settled_at__gt=scope.since) | waiting | Q(ended_at__gt=scope.until) | again, had_begun, round__gt=0)


def _of_last_round(column: str, scope: Scope) -> Case:
    """What an appeal has of its round in hand, or the last of those rounds that had begun by then."""
    begun = Round.objects.filter(appeal=OuterRef("pk"), started_at__lte=scope.until).order_by("-number")
    return Case(When(round_started_at__lte=scope.until, then=F(column)), default=Subquery(begun.values(column)[:1]))


def _ending(scope: Scope) -> Case:
    rounds = Round.objects.filter(appeal=OuterRef("pk"), started_at__lte=scope.until)
    late = Q(last_settled_at__gt=F("last_due_at")) | Q(
        Q(round__gt=1), Exists(rounds.filter(settled_at__gt=F("due_at")))
    )
    settled = Q(last_settled_at__gt=scope.since, last_settled_at__lte=scope.until)
    unsettled = Q(last_settled_at=None) | Q(last_settled_at__gt=scope.until)
    unended = Q(ended_at=None) | Q(ended_at__gt=scope.until)
    return Case(
        When(settled & late, then=Ending.LATE),
        When(settled, then=Ending.ON_TIME),
        When(unsettled & unended & Q(last_due_at__lt=scope.until), then=Ending.OVERDUE),
        output_field=IntegerField(),
    )


def new_appeals(scope: Scope) -> QuerySet[Any]:
    """Appeals submitted in the period."""
    submitted = Appeal.objects.filter(submitted_at__gt=scope.since, submitted_at__lte=scope.until)
    found: QuerySet[Any] = _of(submitted, scope.region).annotate(standing=Value(0))
    return found


def named_cases(scope: Scope) -> QuerySet[Any]:
    """Cases open and overdue that the ladder has brought to the level which is named in the bulletin."""
    reached = Escalation.objects.filter(
        appeal=OuterRef("pk"), round=OuterRef("round"), level=NAMED_LEVEL, at__lte=scope.until
    )
    found: QuerySet[Any] = cases(scope).filter(Exists(reached), standing=Ending.OVERDUE)
    return found.order_by("last_due_at", "pk")


def _of(appeals: QuerySet[Any], region: Region) -> QuerySet[Any]:
    here = Q(enterprise__park=region) if region.kind == Region.Kind.PARK else Q(region_path__startswith=region.path)
    return appeals.filter(here)
