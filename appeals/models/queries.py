"""Predicates of appeals that chain: whose they are, whose turn it is, how late they are."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from appeals.models.watch import Watch
from appeals.workflow import (
    FINAL,
    OPEN,
    RUNNING,
    SETTLED,
    SUPERVISED_AFTER_BOUNCES,
    SUPERVISED_FROM_LEVEL,
    SUPERVISING,
    UNENDED,
    Status,
)
from cadres.among import among
from cadres.models import Cadre
from cadres.roles import ASSIGNED, DEPARTMENTAL, Role
from cadres.search import FEW, expected, keys, normalise, words
from enterprises.models import Enterprise, follows_enterprise, of_assigned

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models.appeal import Appeal  # noqa: F401 - read by type checkers alone

# Numbers that the product gives: the region's, the day's and the running one (see give_numbers), which may get longer.
OWN_NUMBER: Final = re.compile(r"SQ[0-9]{18,}")
# Of a number an index finds no shorter part.
SHORTEST_PART_OF_NUMBER: Final = 3
# The queue's order turned round.
LOWEST_FIRST: Final = ("watch__level", F("watch__due_at").desc(nulls_first=True))


class Found(NamedTuple):
    """The condition of a search; `is_common`: by words that many titles have in common."""

    condition: Q
    is_common: bool


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """By region, by assigned enterprise, by department, or handed over; what was never submitted for its registrar.

        A region's are those registered there, and those of enterprises that moved there (see follows_enterprise).
        Each of these has an index, and an OR of such conditions uses all of them.
        """
        submitted, seen = Q(number__isnull=False), Q(registered_by=cadre)
        if cadre.region_scope:
            seen |= submitted & Q(region_path__startswith=cadre.region_scope)
            seen |= submitted & follows_enterprise(cadre.region_scope)
        if cadre.holds(*ASSIGNED):
            seen |= submitted & of_assigned(cadre)
        if cadre.holds(*DEPARTMENTAL) and cadre.department_id:
            seen |= submitted & Q(lead=cadre.department_id)
            seen |= submitted & Q(co_keys__contains=[cadre.department_id])
        if cadre.holds(Role.DISCIPLINE):
            referrals: Any = self.model._meta.get_field("referrals").related_model
            seen |= submitted & among("pk", referrals.objects.handled_by(cadre).order_by().values("appeal"))
        return self.filter(seen)

    def awaiting(self, cadre: Cadre, *, by_lead: bool = False) -> Self:
        """Appeals in which one of the cadre's roles has to act now; within the cadre's scope."""
        # Each part says so too; said once for all of them, an index of what has not ended can be read.
        return self.filter(self.turns_of(cadre, by_lead=by_lead), status__in=UNENDED)

    def turns_of(self, cadre: Cadre, *, by_lead: bool = False) -> Q:
        """The condition of awaiting().

        With `by_lead` what offices lead is looked up by its own index: for rows that an index finds in each status,
        instead of going through whatever has not ended until enough are met.
        """
        waiting = Q(registered_by=cadre, status=Status.DRAFT)
        if cadre.region_scope and cadre.holds(Role.OFFICE):
            waiting |= _here(cadre) & _to_be_done_by_office(by_lead=by_lead)
        if cadre.region_scope and cadre.holds(Role.SUPERVISOR):
            waiting |= _here(cadre) & _to_be_done_by_supervisor()
        if cadre.holds(Role.SPECIALIST):
            waiting |= _to_be_confirmed_by(cadre)
        if cadre.department_id:
            if cadre.holds(*DEPARTMENTAL):
                waiting |= self._opinion_of(cadre.department_id)
            led = Q(lead=cadre.department_id)
            if cadre.holds(Role.HANDLER):
                waiting |= led & Q(status=Status.ASSIGNED)
                waiting |= led & Q(status=Status.HANDLING) & _mine_or_free(cadre)
            if cadre.holds(Role.HEAD):
                waiting |= led & Q(status=Status.REVIEWING) & (~Q(handler__in=cadre.persons) | Q(handler=None))
        return waiting

    def _opinion_of(self, department: int) -> Q:
        """Those on which this co-department has not said its opinion yet."""
        opinions: Any = self.model._meta.get_field("opinions").related_model
        awaited = opinions.objects.awaited().of_round_in_hand().filter(department=department)
        return Q(status__in=RUNNING) & among("pk", awaited.order_by().values("appeal"))

    def submitted(self) -> Self:
        """Everything but drafts and what was discarded as a draft: a submitted appeal has its number."""
        return self.filter(number__isnull=False)

    def open(self) -> Self:
        """Submitted and not ended."""
        return self.filter(status__in=OPEN)

    def settled(self) -> Self:
        return self.filter(status__in=SETTLED)

    def overdue(self, now: datetime) -> Self:
        """The handling clock runs and the deadline in force has passed (red light)."""
        return self.filter(status__in=RUNNING, due_at__lt=now)

    def escalated(self, now: datetime) -> Self:
        """Submitted and of 督办级别 1 or more, or overdue though the ladder has not looked yet."""
        return self.submitted().filter(Q(watch__level__gt=0) | Q(watch__due_at__lt=now))

    def watched(self) -> Self:
        """Open ones, all of which the ladder watches, in a form in which they are found in the order of its copy."""
        return self.open().filter(watch__escalates_at__isnull=False)

    def unwatched(self) -> Self:
        """Ended ones, at none of which the ladder looks again, in a form like that of watched()."""
        return self.filter(status__in=FINAL, watch__escalates_at__isnull=True)

    def highest_first(self) -> Self:
        """As the queue begins; after watched()."""
        return self.order_by(*LOWEST_FIRST, "pk").reverse()

    def raised(self, level: int) -> Self:
        """Of at least this 督办级别."""
        return self.filter(_raised(level))

    def listed(self) -> Self:
        """挂牌督办: a red supervision order is in force."""
        return self.with_order("red")

    def with_order(self, colour: str = "") -> Self:
        """With a supervision order in force, of any colour or of this one."""
        orders: Any = self.model._meta.get_field("orders").related_model
        found = orders.objects.in_force()
        return self.filter(pk__in=(found.filter(colour=colour) if colour else found).values("appeal"))

    def supervised_by(self, cadre: Cadre) -> Self:
        """Those that the cadre has urged, moved to another department, or issued a supervision order on."""
        events: Any = self.model._meta.get_field("events").related_model
        acts = events.objects.filter(step__in=SUPERVISING).order_by()
        own, deputed = acts.filter(cadre=cadre, on_behalf_of=None), acts.filter(on_behalf_of=cadre)
        return self.filter(pk__in=own.values("appeal").union(deputed.values("appeal")))

    def with_light(self, now: datetime) -> Self:
        """Annotate `light`: red, yellow, green while the handling clock runs; grey where it does not."""
        return self.annotate(
            light=Case(
                When(~Q(status__in=RUNNING) | Q(due_at=None), then=Value("grey")),
                When(due_at__lt=now, then=Value("red")),
                When(yellow_at__lte=now, then=Value("yellow")),
                default=Value("green"),
            )
        )

    def of_light(self, light: str, now: datetime) -> Self:
        """Those whose light with_light() shows as red, yellow or green."""
        running = self.filter(status__in=RUNNING, due_at__isnull=False)
        if light == "red":
            return running.filter(due_at__lt=now)
        warned = Q(yellow_at__lte=now)
        return running.filter(warned if light == "yellow" else ~warned | Q(yellow_at=None), due_at__gte=now)

    def most_urgent_first(self) -> Self:
        return self.order_by(*MOST_URGENT_FIRST, "pk")

    def due_for_escalation(self, now: datetime) -> Self:
        """In the order of their instants. Both copies are asked: the one is indexed, the other holds under its lock."""
        return self.filter(watch__escalates_at__lte=now, escalates_at__lte=now).order_by("watch__escalates_at")

    def search(self, text: str) -> Self:
        """By number, by words of the title, or by the enterprise (name, initials, credit code)."""
        return self.filter(self.found_by(text).condition)

    def found_by(self, text: str) -> Found:
        """The condition of search(). Two or three queries when it is made, none when it is applied.

        Where few are found, by the title or by few enterprises, it is their keys: whatever else is asked of them then
        costs next to nothing.
        """
        own = words("title", text) | _numbered(normalise(text).upper())
        enterprises = keys(Enterprise.objects.search(text))
        if not isinstance(enterprises, list):
            titled = keys(self._all().filter(own))
            return Found(Q(pk__in=titled) | Q(enterprise__in=enterprises), is_common=False)
        found = own | Q(enterprise__in=enterprises)
        if expected(self._all().filter(own)) > FEW:
            return Found(found, is_common=True)
        few = keys(self._all().filter(found))
        return Found(Q(pk__in=few) if isinstance(few, list) else found, is_common=False)

    def _all(self) -> AppealQuerySet:
        return self.model.objects.all()


def _numbered(number: str) -> Q:
    """By number: one of the product's own from its beginning, of any other a part of it."""
    if OWN_NUMBER.fullmatch(number):
        return Q(number__startswith=number)
    is_part = number.isascii() and len(number) >= SHORTEST_PART_OF_NUMBER
    return Q(number__contains=number) if is_part else Q()


def _raised(level: int) -> Q:
    """Of at least this 督办级别."""
    return Q(pk__in=Watch.objects.raised(level).values("appeal"))


def _here(cadre: Cadre) -> Q:
    """Within the region of a regional role."""
    return Q(region_path__startswith=cadre.region_scope)


def _to_be_done_by_office(*, by_lead: bool) -> Q:
    """To be assigned or declined, to be moved, and to be closed; not what a supervisor has to do instead."""
    led = among("lead", _offices()) if by_lead else Q(lead__in=_offices())
    to_assign = Q(status=Status.PENDING, bounces__lt=SUPERVISED_AFTER_BOUNCES)
    to_decide = Q(transfer_asked_at__isnull=False, bounces__lt=SUPERVISED_AFTER_BOUNCES)
    to_move = Q(status=Status.HANDLING) & led & ~Q(lead__in=_departments_of(Role.HANDLER))
    to_close = Q(status=Status.CLOSING) & ~Q(lead__in=_offices())
    return to_assign | to_decide | to_move | to_close


def _to_be_done_by_supervisor() -> Q:
    bounced = Q(status=Status.PENDING) | Q(transfer_asked_at__isnull=False)
    return (
        _raised(SUPERVISED_FROM_LEVEL) & Q(status__in=OPEN)
        | bounced & Q(bounces__gte=SUPERVISED_AFTER_BOUNCES)
        | Q(status=Status.CLOSING, lead__in=_offices())
    )


def _to_be_confirmed_by(cadre: Cadre) -> Q:
    """On behalf of an enterprise; never where the specialist's own department leads."""
    mine = Q(status=Status.CONFIRMING) & of_assigned(cadre)
    return mine & ~Q(lead=cadre.department_id) if cadre.department_id else mine


def _mine_or_free(cadre: Cadre) -> Q:
    """Signed for by this handler, or by nobody who is still there to go on."""
    there = Cadre.objects.active().filter(department=cadre.department_id)
    return Q(handler=cadre) | Q(handler=None) | ~among("handler", there.order_by().values("pk"))


def _offices() -> models.QuerySet[Cadre, Any]:
    """Departments that are offices: where one of them leads, the supervisor closes."""
    return _departments_of(Role.OFFICE)


@cache
def _departments_of(role: Role) -> models.QuerySet[Cadre, Any]:
    """A query that others are made from; nobody reads its rows."""
    holders: models.QuerySet[Cadre, Any] = Cadre.objects.holding(role)
    return holders.exclude(department=None).order_by().values("department")


MOST_URGENT_FIRST: Final = (
    F("ended_at").desc(nulls_first=True),
    Case(When(status__in=sorted(RUNNING), then=Coalesce("due_at", "status_since"))).asc(nulls_last=True),
)
"""What runs, by its deadline (waiting for its first 转办: since when); then what stands still; then what has ended."""
