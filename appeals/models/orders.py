"""Supervision orders (督办单) and how long their answers may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from appeals.models.appeal import Appeal
from appeals.models.demands import SOON, Demand
from appeals.models.history import Escalation
from appeals.models.papers import Attachment
from appeals.order_workflow import IN_FORCE, ORDER_STEPS, OWED, State
from cadres import history
from cadres.models import Cadre
from cadres.roles import Role
from cadres.search import normalise
from workflow import protection
from workflow.models import OrderColour, Unit

if TYPE_CHECKING:
    from datetime import datetime


@history.track(exclude=("version",))
class ReplyTerm(models.Model):
    """By when an order of a colour is to be answered, counted from its issue; for 特急 cases apart.

    The table is seeded, edited by the system administrator, and holds for orders that are issued from then on.
    """

    colour = models.CharField("颜色", max_length=6, choices=OrderColour.choices)
    critical = models.BooleanField("特急", default=False)
    amount = models.PositiveIntegerField("反馈时限")
    unit = models.CharField("单位", max_length=10, choices=Unit.choices, default=Unit.WORKING_DAYS)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "督办单反馈时限"
        ordering = ("critical", "pk")
        constraints = (
            models.UniqueConstraint(fields=("colour", "critical"), name="reply_term_once_per_colour"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reply_term_is_positive"),
        )

    def __str__(self) -> str:
        return f"督办单（{self.get_colour_display()}）{'特急' if self.critical else ''}"

    @property
    def words(self) -> str:
        return Unit(self.unit).words(self.amount)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(appeal__in=Appeal.objects.visible_to(cadre).values("pk"))

    def issued_by(self, cadre: Cadre) -> Self:
        """By this cadre in this capacity."""
        return self.filter(issued_by=cadre.person, issued_for=cadre if cadre.deputy else None)

    def in_force(self) -> Self:
        """Issued, and neither accepted nor otherwise at an end. There is at most one of a case."""
        return self.filter(status__in=IN_FORCE)

    def owed(self) -> Self:
        return self.filter(status__in=OWED)

    def unanswered(self, now: datetime) -> Self:
        """Whose date has passed without an answer, which nobody has taken notice of yet."""
        return self.owed().filter(late_at=None, reply_due_at__lte=now)

    def awaiting(self, cadre: Cadre) -> Self:
        """Those that this cadre has to answer, or to judge the answer of; within the cadre's scope."""
        mine = Q(pk__in=())
        if cadre.department_id and cadre.has_perm("appeals.answer_order"):
            mine |= Q(status__in=OWED, answering=cadre.department_id)
        if cadre.holds(Role.SUPERVISOR) and cadre.region_scope:
            mine |= Q(status=State.ANSWERED, appeal__region_path__startswith=cadre.region_scope)
        return self.visible_to(cadre).filter(mine)

    def of_light(self, light: str, now: datetime) -> Self:
        """Those whose light_at() is red, yellow or green."""
        owed = self.owed()
        if light == "red":
            return owed.filter(reply_due_at__lt=now)
        soon = Q(reply_due_at__lte=now + SOON)
        return owed.filter(soon if light == "yellow" else ~soon, reply_due_at__gte=now)

    def search(self, text: str) -> Self:
        """By its own number, or by what finds its case."""
        found = Q(appeal__in=Appeal.objects.search(text).values("pk"))
        plain = normalise(text).upper()
        return self.filter(found | Q(number__contains=plain) if plain.isascii() else found)


class Order(Demand):
    """A supervision order on a case: blue, yellow or red, numbered, with the date by which it is to be answered.

    A case has at most one in force; a graver one takes its place (已升级). `escalation` is the rung of the ladder that
    drew it up, `follows` the order that it took the place of. `issued_by` is empty where the system issued it. Its
    status changes only through appeals.supervising, under the lock of its case.
    """

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="orders", verbose_name="诉求", editable=False)
    round = models.PositiveSmallIntegerField("轮次", editable=False)
    colour = models.CharField("颜色", max_length=6, choices=OrderColour.choices)
    number = models.CharField("督办单号", max_length=30, unique=True, editable=False)
    escalation = models.OneToOneField(Escalation, models.PROTECT, null=True, related_name="order", editable=False)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="followed_by", editable=False)
    issued_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="下达人")
    issued_for = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="代何人下达")
    issued_label = models.CharField("下达人", max_length=60)
    # Made by the form that issues: sent twice, it is one order of a case.
    client_id = models.UUIDField(null=True, editable=False)
    evidence = models.ManyToManyField(Attachment, related_name="+", verbose_name="反馈附件")

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办单"
        ordering = ("-pk",)
        permissions = (("answer_order", "可以反馈督办单"),)
        constraints = (
            models.UniqueConstraint(
                fields=("appeal",), condition=Q(status__in=sorted(IN_FORCE)), name="order_one_in_force_per_appeal"
            ),
            models.UniqueConstraint(fields=("appeal", "issued_by", "client_id"), name="order_once_per_sending"),
            models.CheckConstraint(condition=Q(colour__in=OrderColour.values), name="order_of_a_known_colour"),
            models.CheckConstraint(
                condition=~Q(status__in=(State.ANSWERED, State.ACCEPTED)) | Q(replied_at__isnull=False) & ~Q(reply=""),
                name="order_answered_has_its_answer",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(IN_FORCE), ended_at=None)
                | ~Q(status__in=sorted(IN_FORCE)) & Q(ended_at__isnull=False),
                name="order_ends_once",
            ),
        )
        indexes = (
            # The sweep for orders whose date has passed.
            models.Index(
                fields=("reply_due_at",),
                name="order_unanswered",
                condition=Q(status__in=sorted(OWED), late_at=None),
            ),
            # What waits for a department.
            models.Index(fields=("answering",), name="order_answering", condition=Q(status__in=sorted(OWED))),
            # 挂牌: cases with a red order in force.
            models.Index(
                fields=("appeal",), name="order_red", condition=Q(status__in=sorted(IN_FORCE), colour=OrderColour.RED)
            ),
            models.Index(fields=("-issued_at",), name="order_newest"),
        )
        triggers = (
            protection.legal_transition(ORDER_STEPS),
            pgtrigger.Protect(name="orders_stay", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("appeals:order", args=(self.pk,))

    @property
    def title(self) -> str:
        """督办单（红）."""
        return f"督办单（{self.get_colour_display()}）"

    @property
    def issuer(self) -> str:
        """As the history shows it; an act for an absent colleague reads 张三（代李四）."""
        return f"{self.issued_label}（代{self.issued_for.name}）" if self.issued_for else self.issued_label

    @property
    def lists(self) -> bool:
        """Whether the case is 挂牌 because of it."""
        return self.colour == OrderColour.RED and self.is_in_force
