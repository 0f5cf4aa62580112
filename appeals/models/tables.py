from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cadres import history
from cadres.models import Region
from workflow.models import Unit, spans


@history.track(exclude=("version",))
class Category(models.Model):
    """What an appeal is about (诉求类别); an editable list."""

    name = models.CharField("名称", max_length=20, unique=True)
    position = models.PositiveSmallIntegerField("顺序", default=0)
    active = models.BooleanField("启用", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "诉求类别"
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class Urgency(models.TextChoices):
    CRITICAL = "critical", "特急"
    URGENT = "urgent", "紧急"
    PRESSING = "pressing", "较急"
    ORDINARY = "ordinary", "一般"


class Triage(models.TextChoices):
    COMMON = "common", "共性"
    SINGLE = "single", "个性"
    COMPLEX = "complex", "复杂"


@history.track(exclude=("version",))
class Limit(models.Model):
    """How long signing, the first contact and settling may take, per urgency; shorter ones for a district.

    `opinion_amount` is for the opinion of a co-department, which is never due later than the case. `complex_amount`
    replaces the settling limit where the triage is 复杂, whatever the urgency.
    """

    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency.choices)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="区域")
    sign_amount = models.PositiveIntegerField("签收时限")
    sign_unit = models.CharField(max_length=10, choices=Unit.choices)
    contact_amount = models.PositiveIntegerField("联系企业时限")
    contact_unit = models.CharField(max_length=10, choices=Unit.choices)
    settle_amount = models.PositiveIntegerField("办结时限")
    settle_unit = models.CharField(max_length=10, choices=Unit.choices)
    opinion_amount = models.PositiveIntegerField("会办意见时限", default=3)
    opinion_unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.WORKING_DAYS)
    complex_amount = models.PositiveIntegerField("复杂事项办结时限", default=20)
    complex_unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.WORKING_DAYS)
    version = models.PositiveIntegerField(default=1, editable=False)
    told_together: ClassVar = spans("sign_", "contact_", "settle_", "opinion_", "complex_")

    class Meta:
        verbose_name = verbose_name_plural = "办理时限"
        ordering = ("region", "pk")
        constraints = (
            models.UniqueConstraint(fields=("urgency", "region"), nulls_distinct=False, name="limit_once_per_urgency"),
            models.CheckConstraint(
                condition=Q(sign_amount__gt=0, contact_amount__gt=0, settle_amount__gt=0, complex_amount__gt=0)
                & Q(opinion_amount__gt=0),
                name="limit_is_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_urgency_display()} {Unit(self.settle_unit).words(self.settle_amount)}"

    @property
    def terms(self) -> list[tuple[str, str]]:
        """What may take how long, in words: 签收, 4 小时（工作时间）."""
        return [
            ("签收", Unit(self.sign_unit).words(self.sign_amount)),
            ("联系企业", Unit(self.contact_unit).words(self.contact_amount)),
            ("办结", Unit(self.settle_unit).words(self.settle_amount)),
            ("会办意见", Unit(self.opinion_unit).words(self.opinion_amount)),
            ("复杂事项办结", Unit(self.complex_unit).words(self.complex_amount)),
        ]

    def settling(self, triage: str) -> tuple[int, str]:
        """Amount and unit for settling; 复杂 has 20 working days whatever the urgency."""
        if triage == Triage.COMPLEX:
            return self.complex_amount, self.complex_unit
        return self.settle_amount, self.settle_unit
