"""Predicates of appeals that chain: whose they are, whose turn it is, how late they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from appeals.models.watch import Watch
from appeals.workflow import (
    OPEN,
    RUNNING,
    SETTLED,
    SUPERVISED_AFTER_BOUNCES,
    SUPERVISED_FROM_LEVEL,
    SUPERVISING,
    Status,
)
from cadres.models import Cadre
from cadres.roles import ASSIGNED, DEPARTMENTAL, Role
from cadres.search import keys, normalise, words
from enterprises.models import Enterprise, follows_enterprise

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models.appeal import Appeal

# Of a number an index finds no shorter part.
SHORTEST_PART_OF_NUMBER: Final = 3


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """By region, by assigned enterprise, by department, or handed over; what was never submitted for its registrar.

        A region's are those registered there, and those of enterprises that moved there (see follows_enterprise).
        Conditions that need a subquery are gathered in one set of keys, for PostgreSQL uses no index for an OR of them.
        """
        direct, submitted = Q(registered_by=cadre), self._all().submitted()
        if cadre.region_scope:
            direct |= Q(region_path__startswith=cadre.region_scope, number__isnull=False)
            direct |= follows_enterprise(cadre.region_scope) & Q(number__isnull=False)
        others: list[AppealQuerySet] = []
        if cadre.holds(*ASSIGNED):
            others.append(submitted.filter(enterprise__in=Enterprise.objects.assigned_to(cadre).values("pk")))
        if cadre.holds(*DEPARTMENTAL) and cadre.department_id:
            joined = self.model.co_departments.through.objects.filter(department=cadre.department_id)
            others += [
                submitted.filter(lead=cadre.department_id),
                submitted.filter(pk__in=joined.values("appeal")),
            ]
        if cadre.holds(Role.DISCIPLINE):
            referrals: Any = self.model._meta.get_field("referrals").related_model
            others.append(submitted.filter(pk__in=referrals.objects.handled_by(cadre).values("appeal")))
        return self._either(direct, others, cadre)

    def awaiting(self, cadre: Cadre) -> Self:
        """Appeals in which one of the cadre's roles has to act now; within the cadre's scope."""
        direct, others = Q(registered_by=cadre, status=Status.DRAFT), []
        if cadre.region_scope and cadre.holds(Role.OFFICE):
            direct |= _here(cadre) & _to_be_done_by_office()
        if cadre.region_scope and cadre.holds(Role.SUPERVISOR):
            direct |= _here(cadre) & _to_be_done_by_supervisor()
        if cadre.holds(Role.SPECIALIST):
            others.append(self._awaiting_specialist(cadre))
        if cadre.department_id:
            if cadre.holds(*DEPARTMENTAL):
                others.append(self._awaiting_opinion(cadre.department_id))
            led = self._all().filter(lead=cadre.department_id)
            if cadre.holds(Role.HANDLER):
                mine = Q(status=Status.ASSIGNED) | Q(status=Status.HANDLING) & _mine_or_free(cadre)
                others.append(led.filter(mine))
            if cadre.holds(Role.HEAD):
                others.append(
                    led.filter(status=Status.REVIEWING).filter(~Q(handler__in=cadre.persons) | Q(handler=None))
                )
        return self._either(direct, others, cadre)

    def _awaiting_opinion(self, department: int) -> AppealQuerySet:
        """Those on which this co-department has not said its opinion yet."""
        opinions: Any = self.model._meta.get_field("opinions").related_model
        awaited = opinions.objects.awaited().of_round_in_hand().filter(department=department)
        return self._all().filter(status__in=RUNNING, pk__in=awaited.values("appeal"))

    def _awaiting_specialist(self, cadre: Cadre) -> AppealQuerySet:
        """To be confirmed on behalf of an enterprise; never where the specialist's own department leads."""
        mine = Enterprise.objects.assigned_to(cadre).values("pk")
        waiting = self._all().filter(status=Status.CONFIRMING, enterprise__in=mine)
        return waiting.exclude(lead=cadre.department_id) if cadre.department_id else waiting

    def _either(self, direct: Q, others: list[AppealQuerySet], cadre: Cadre) -> Self:
        """Those of either kind. What a region's reader sees or does is found by scanning; the few of others by keys."""
        if not others:
            return self.filter(direct)
        if cadre.region_scope:
            return self.filter(direct | Q(pk__in=_keys_of(others)))
        return self.filter(pk__in=_keys_of([self._all().filter(direct), *others]))

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
        return self.filter(_overdue(now))

    def escalated(self, now: datetime) -> Self:
        """Submitted and of 督办级别 1 or more, or overdue though the ladder has not looked yet."""
        return self.submitted().filter(Q(pk__in=Watch.objects.raised().values("appeal")) | _overdue(now))

    def raised(self, level: int) -> Self:
        """Of at least this 督办级别."""
        return self.filter(pk__in=Watch.objects.raised(level).values("appeal"))

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
        own = Q(cadre=cadre, on_behalf_of=None) | Q(on_behalf_of=cadre)
        return self.filter(pk__in=events.objects.filter(own, step__in=SUPERVISING).values("appeal"))

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
        return self.filter(self.found_by(text))

    def found_by(self, text: str) -> Q:
        """The condition of search(). Two queries when it is made, none when it is applied."""
        plain, own = normalise(text).upper(), words("title", text)
        if plain.isascii() and len(plain) >= SHORTEST_PART_OF_NUMBER:
            own |= Q(number__contains=plain)
        return Q(pk__in=keys(self._all().filter(own))) | Q(enterprise__in=keys(Enterprise.objects.search(text)))

    def _all(self) -> AppealQuerySet:
        return self.model.objects.all()


def _overdue(now: datetime) -> Q:
    return Q(status__in=RUNNING, due_at__lt=now)


def _here(cadre: Cadre) -> Q:
    """Within the region of a regional role."""
    return Q(region_path__startswith=cadre.region_scope)


def _to_be_done_by_office() -> Q:
    """To be assigned or declined, to be moved, and to be closed; not what a supervisor has to do instead."""
    to_assign = Q(status=Status.PENDING, bounces__lt=SUPERVISED_AFTER_BOUNCES)
    to_decide = Q(transfer_asked_at__isnull=False, bounces__lt=SUPERVISED_AFTER_BOUNCES)
    to_move = Q(status=Status.HANDLING, lead__in=_offices()) & ~Q(lead__in=_departments_of(Role.HANDLER))
    to_close = Q(status=Status.CLOSING) & ~Q(lead__in=_offices())
    return to_assign | to_decide | to_move | to_close


def _to_be_done_by_supervisor() -> Q:
    bounced = Q(status=Status.PENDING) | Q(transfer_asked_at__isnull=False)
    return (
        Q(status__in=OPEN, pk__in=Watch.objects.raised(SUPERVISED_FROM_LEVEL).values("appeal"))
        | bounced & Q(bounces__gte=SUPERVISED_AFTER_BOUNCES)
        | Q(status=Status.CLOSING, lead__in=_offices())
    )


def _keys_of(parts: list[AppealQuerySet]) -> models.QuerySet[Appeal, Any]:
    """The keys of all these appeals as one subquery."""
    first, *others = [part.order_by().values("pk") for part in parts]
    return first.union(*others) if others else first


def _mine_or_free(cadre: Cadre) -> Q:
    """Signed for by this handler, or by nobody who is still there to go on."""
    departed = Q(handler__is_active=False) | ~Q(handler__department=cadre.department)
    return Q(handler=cadre) | Q(handler=None) | departed


def _offices() -> models.QuerySet[Cadre, Any]:
    """Departments that are offices: where one of them leads, the supervisor closes."""
    return _departments_of(Role.OFFICE)


def _departments_of(role: Role) -> models.QuerySet[Cadre, Any]:
    holders: models.QuerySet[Cadre, Any] = Cadre.objects.holding(role)
    return holders.exclude(department=None).values("department")


MOST_URGENT_FIRST: Final = (
    F("ended_at").desc(nulls_first=True),
    Case(When(status__in=sorted(RUNNING), then=Coalesce("due_at", "status_since"))).asc(nulls_last=True),
)
"""What runs, by its deadline (waiting for its first 转办: since when); then what stands still; then what has ended."""
