"""Rows of the policy ledger, by the status that each had at an instant, and the enterprises that they are about."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    CharField,
    DecimalField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf

from cadres.models import Region
from enterprises.models import Enterprise
from policies.models import Event, Fulfilment, Payment
from policies.workflow import APPROVED, DUE, RECEIVED, Status
from reports.indicators.numbers import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models.expressions import CombinedExpression

    from reports.indicators.scopes import Scope

MONEY: Final = DecimalField(max_digits=20, decimal_places=2)
CODES: Final = {status: code for code, status in enumerate(Status)}

GRANTED, WITHOUT = 1, 0  # what an entitled enterprise has received: something, nothing


def codes_of(statuses: Iterable[Status]) -> frozenset[int]:
    return frozenset(CODES[status] for status in statuses)


# 是否符合 is 符合, as the ledger says it.
ENTITLED: Final = codes_of(set(Status) - {Status.UNVERIFIED, Status.INELIGIBLE})
# Applied for, or granted without an application (免申即享); what came back (退回) is to be applied for again.
DECLARED: Final = codes_of(
    (
        *(Status.DECLARED, Status.REVIEWING, Status.PUBLICISED, Status.PAYING, Status.PAID),
        *(Status.ENJOYED, Status.REJECTED, Status.RECOVERED),
    )
)
GRANTED_ROWS: Final = codes_of(RECEIVED)
OUTSTANDING: Final = codes_of(DUE)
MONEY_GRANTED: Final = codes_of(APPROVED)
# What each sum of money adds up, and of which rows.
ADDS: Final = {
    "due": (ENTITLED, "amount_due"),
    "approved": (MONEY_GRANTED, "amount_approved"),
    "paid": (MONEY_GRANTED, "paid_then"),
}


def fulfilments(scope: Scope) -> QuerySet[Any]:
    """The rows that were there at the end of the scope, each with the standing that its history tells of then.

    `due`, `approved` and `paid` are what it adds to the sums of money, in 元, None where it adds nothing: what was paid
    is what was recorded by then, the other amounts are the row's own.
    """
    rows = _of(Fulfilment.objects.filter(created_at__lte=scope.until), scope.region)
    rows = rows.annotate(standing=_standing(scope), paid_then=_paid(scope))
    found: QuerySet[Any] = rows.annotate(
        **{
            name: Case(When(standing__in=codes, then=amount), output_field=MONEY)
            for name, (codes, amount) in ADDS.items()
        }
    )
    return found


def beneficiaries(scope: Scope) -> QuerySet[Any]:
    """Enterprises that are entitled to anything, by whether they have received anything."""
    rows = fulfilments(scope).filter(enterprise=OuterRef("pk"))
    granted = Exists(rows.filter(standing__in=GRANTED_ROWS))
    found: QuerySet[Any] = Enterprise.objects.filter(Exists(rows.filter(standing__in=ENTITLED))).annotate(
        standing=Case(When(granted, then=Value(GRANTED)), default=Value(WITHOUT), output_field=IntegerField())
    )
    return found


def paid_out(scope: Scope) -> Figure:
    """What was paid out of what was approved, in 元."""
    sums = fulfilments(scope).aggregate(above=Sum("paid"), below=Sum("approved"))
    return Figure(sums["above"] or Decimal(0), sums["below"] or Decimal(0))


def _standing(scope: Scope) -> CombinedExpression:
    """The code of the status then: its place among all of them, so that it is looked up once."""
    codes = Value(list(Status.values), output_field=ArrayField(TextField()))
    place = Func(codes, Cast(_status(scope), TextField()), function="array_position", output_field=IntegerField())
    return place - 1


def _status(scope: Scope) -> Case:
    """As it stands since before the end of the scope, or else as the history tells of then."""
    events = Event.objects.filter(fulfilment=OuterRef("pk"))
    last = events.filter(at__lte=scope.until).order_by("-pk").values("after")[:1]
    following = events.filter(at__gt=scope.until).order_by("pk").values("before")[:1]
    then = Coalesce(Subquery(last), Subquery(following), F("status"))
    return Case(When(status_since__lte=scope.until, then=F("status")), default=then, output_field=CharField())


def _paid(scope: Scope) -> Case:
    """What had been paid of a row by then, without what had been voided; None where nothing had been.

    That is the sum which triggers keep, unless a payment was recorded or voided since: of those few it is looked up.
    """
    payments = Payment.objects.filter(fulfilment=OuterRef("pk")).order_by()
    since = payments.filter(Q(recorded_at__gt=scope.until) | Q(voided_at__gt=scope.until))
    valid = payments.filter(Q(voided_at=None) | Q(voided_at__gt=scope.until), recorded_at__lte=scope.until)
    then = Subquery(valid.values("fulfilment").annotate(sum=Sum("amount")).values("sum"))
    kept = NullIf("amount_paid", Value(Decimal(0)))
    return Case(When(Exists(since), then=then), default=kept, output_field=MONEY)


def _of(rows: QuerySet[Fulfilment], region: Region) -> QuerySet[Fulfilment]:
    """A row belongs to the region of its enterprise, as the ledger shows it; of a park to the enterprise's park."""
    here = Q(enterprise__park=region) if region.kind == Region.Kind.PARK else Q(region_path__startswith=region.path)
    return rows.filter(here)
