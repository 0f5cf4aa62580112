from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from cadres.models import Cadre, DoneBy, Region

if TYPE_CHECKING:
    from datetime import date

HALF: Final = Decimal("0.5")
SHARE: Final[dict[str, Any]] = {"max_digits": 3, "decimal_places": 2}
PERCENT: Final[dict[str, Any]] = {"max_digits": 5, "decimal_places": 2}


class PowerRuleQuerySet(models.QuerySet["PowerRule"]):
    def in_force(self, day: date) -> PowerRule:
        """The rule for data of this day; before the first change, the one that the product comes with."""
        return self.filter(starts_on__lte=day).order_by("-version").first() or PowerRule()


class PowerRule(models.Model):
    """How electricity is judged from a day on (电力口径). A change is a new version; past days keep theirs.

    Weights are shares of 1, the threshold and the targets are percent. A colour without a target is not judged.
    """

    version = models.PositiveIntegerField("版本", unique=True, default=0)
    starts_on = models.DateField("启用日期", null=True)
    energy_weight = models.DecimalField(
        "用电量权重", default=HALF, validators=[MinValueValidator(0), MaxValueValidator(1)], **SHARE
    )
    count_weight = models.DecimalField(
        "企业数权重", default=HALF, validators=[MinValueValidator(0), MaxValueValidator(1)], **SHARE
    )
    threshold = models.DecimalField(
        "复工用电门槛（%）",
        default=Decimal(30),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        **PERCENT,
    )
    target_orange = models.DecimalField("橙色目标（%）", null=True, blank=True, **PERCENT)
    target_yellow = models.DecimalField("黄色目标（%）", null=True, blank=True, **PERCENT)
    target_blue = models.DecimalField("蓝色目标（%）", null=True, blank=True, **PERCENT)
    target_green = models.DecimalField("绿色目标（%）", null=True, blank=True, **PERCENT)
    ahead_by = models.DecimalField("橙色超前幅度（百分点）", default=Decimal(10), **PERCENT)
    reason = models.CharField("调整依据", max_length=200, blank=True)
    set_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="调整人")
    set_at = models.DateTimeField("调整时间", null=True)

    objects = PowerRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "电力口径"
        ordering = ("-version",)
        permissions = (("set_parameters", "可以调整统计口径和风险等级"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(count_weight=Decimal(1) - F("energy_weight")),
                name="power_rule_weights_make_one",
                violation_error_message="两个权重之和应为 1。",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lte=100), name="power_rule_threshold_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(version__gt=0, starts_on__isnull=False, set_at__isnull=False),
                name="power_rule_begins_on_a_day",
            ),
        )
        triggers = (pgtrigger.Protect(name="rule_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"第 {self.version} 版" if self.version else "内置口径"

    def target(self, colour: str) -> Decimal | None:
        """The target of a risk level in percent; red has none."""
        value: Decimal | None = getattr(self, f"target_{colour}", None)
        return value


class RiskLevelQuerySet(models.QuerySet["RiskLevel"]):
    def of_day(self, day: date) -> dict[int, str]:
        """The colour in force on the day of every region that has one, by the region's key."""
        rows = self.filter(starts_on__lte=day).order_by("region", "-starts_on", "-pk").distinct("region")
        return dict(rows.values_list("region", "colour"))


class RiskLevel(models.Model):
    """The risk level (疫情等级) of a region from a day on, until a later one. A correction is one more row."""

    class Colour(models.TextChoices):
        RED = "red", "红"
        ORANGE = "orange", "橙"
        YELLOW = "yellow", "黄"
        BLUE = "blue", "蓝"
        GREEN = "green", "绿"

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    colour = models.CharField("疫情等级", max_length=6, choices=Colour.choices)
    starts_on = models.DateField("起始日期")
    reason = models.CharField("依据", max_length=200, blank=True)
    set_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    set_at = models.DateTimeField("登记时间")

    objects = RiskLevelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "疫情等级"
        ordering = ("-starts_on", "-pk")
        indexes = (models.Index(fields=("region", "-starts_on"), name="risk_level_of_region"),)
        triggers = (pgtrigger.Protect(name="level_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.region} {self.get_colour_display()} {self.starts_on}"
