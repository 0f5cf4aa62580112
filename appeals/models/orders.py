"""Supervision orders (督办单) and how long their answers may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Q

from appeals.demand_workflow import IN_FORCE, ORDER_STEPS, OWED
from appeals.models.demands import Demand, DemandQuerySet, constraints_of, indexes_of
from appeals.models.history import Escalation
from appeals.models.instructions import TERM
from cadres import history
from cadres.models import Cadre
from workflow import protection
from workflow.models import OrderColour, Unit, spans

if TYPE_CHECKING:
    from datetime import datetime


@history.track(exclude=("version",))
class ReplyTerm(models.Model):
    """By when an order of a colour, or an instruction, is to be answered, counted from its issue; for 特急 apart.

    The table is seeded, edited by the system administrator, and holds for what is issued from then on.
    """

    colour = models.CharField("颜色", max_length=12, choices=[*OrderColour.choices, (TERM, "批示")])
    critical = models.BooleanField("特急", default=False)
    amount = models.PositiveIntegerField("反馈时限")
    unit = models.CharField("单位", max_length=10, choices=Unit.choices, default=Unit.WORKING_DAYS)
    version = models.PositiveIntegerField(default=1, editable=False)
    told_together: ClassVar = spans("")

    class Meta:
        verbose_name = verbose_name_plural = "督办单、批示反馈时限"
        ordering = ("critical", "pk")
        constraints = (
            models.UniqueConstraint(fields=("colour", "critical"), name="reply_term_once_per_colour"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reply_term_is_positive"),
        )

    def __str__(self) -> str:
        return f"{self.of}{'特急' if self.critical else ''}"

    @property
    def of(self) -> str:
        """督办单（红）, 批示."""
        return f"督办单（{self.get_colour_display()}）" if self.colour != TERM else self.get_colour_display()

    @property
    def words(self) -> str:
        return Unit(self.unit).words(self.amount)


class OrderQuerySet(DemandQuerySet["Order"]):
    def issued_by(self, cadre: Cadre) -> Self:
        """By this cadre in this capacity."""
        return self.filter(issued_by=cadre.person, issued_for=cadre if cadre.deputy else None)

    def unanswered(self, now: datetime) -> Self:
        """Whose date has passed without an answer, which nobody has taken notice of yet."""
        return self.owed().filter(late_at=None, reply_due_at__lte=now)


class Order(Demand):
    """A supervision order on a case: blue, yellow or red, numbered, with the date by which it is to be answered.

    A case has at most one in force; a graver one takes its place (已升级). `escalation` is the rung of the ladder that
    drew it up, `follows` the order that it took the place of. `issued_by` is empty where the system issued it.
    `late_at`: when it was found that the date had passed.
    """

    noun = "督办单"
    steps = ORDER_STEPS

    colour = models.CharField("颜色", max_length=6, choices=OrderColour.choices)
    escalation = models.OneToOneField(Escalation, models.PROTECT, null=True, related_name="order", editable=False)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="followed_by", editable=False)
    issued_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="下达人")
    issued_for = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="代何人下达")
    issued_label = models.CharField("下达人", max_length=60)
    late_at = models.DateTimeField("逾期时间", null=True)

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
            *constraints_of("order"),
        )
        indexes = (
            *indexes_of("order"),
            # The sweep for orders whose date has passed.
            models.Index(
                fields=("reply_due_at",),
                name="order_unanswered",
                condition=Q(status__in=sorted(OWED), late_at=None),
            ),
            # 挂牌: cases with a red order in force.
            models.Index(
                fields=("appeal",), name="order_red", condition=Q(status__in=sorted(IN_FORCE), colour=OrderColour.RED)
            ),
        )
        triggers = (
            protection.legal_transition(ORDER_STEPS),
            pgtrigger.Protect(name="orders_stay", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    @property
    def term(self) -> str:
        return self.colour

    @property
    def title(self) -> str:
        """督办单（红）."""
        return f"督办单（{OrderColour(self.colour).label}）"

    @property
    def issuer(self) -> str:
        """As the history shows it; an act for an absent colleague reads 张三（代李四）."""
        return f"{self.issued_label}（代{self.issued_for.name}）" if self.issued_for else self.issued_label

    def begin_again(self, reply_due_at: datetime) -> None:
        super().begin_again(reply_due_at)
        self.late_at = None

    @property
    def lists(self) -> bool:
        """Whether the case is 挂牌 because of it."""
        return self.colour == OrderColour.RED and self.is_in_force
