from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from cadres.models import Cadre, DoneBy
from enterprises.models.enterprise import Enterprise

if TYPE_CHECKING:
    from datetime import date

REPORTED = (
    "state",
    "due",
    "on_duty",
    "utilisation",
    "kwh",
    "orders",
    "remarks",
    "source",
    "reported_by",
    "reported_at",
)

COLOURS: Final = {"full": "green", "partial": "yellow", "none": "red", "": "grey"}
UNREPORTED: Final = "未报"


class OperatingStatusQuerySet(models.QuerySet["OperatingStatus"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(enterprise__in=Enterprise.objects.visible_to(cadre).values("pk"))

    def on(self, day: date) -> Self:
        return self.filter(day=day)

    def telling_state(self) -> Self:
        """Without rows that hold nothing but the power company's figure: of these days the state is 未报."""
        return self.exclude(state="")


class AbstractReport(models.Model):
    """What was reported of an enterprise for one day. Without a state it is 未报, though its electricity is known."""

    class State(models.TextChoices):
        NONE = "none", "未复工"
        PARTIAL = "partial", "部分复工"
        FULL = "full", "全面复工"

    class Source(models.TextChoices):
        VISIT = "visit", "走访"
        IMPORT = "import", "导入"
        OFFICE = "office", "填报"
        ENTERPRISE = "enterprise", "企业自报"
        POWER = "power", "电力公司"

    day = models.DateField("日期")
    state = models.CharField("复工状态", max_length=10, choices=[*State.choices, ("", UNREPORTED)], blank=True)
    due = models.PositiveIntegerField("应到人数", null=True, blank=True)
    on_duty = models.PositiveIntegerField("在岗人数", null=True, blank=True)
    utilisation = models.DecimalField(
        "产能利用率（%）",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(200)],
    )
    kwh = models.DecimalField(
        "用电量（kWh）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    orders = models.CharField("订单情况", max_length=200, blank=True)
    remarks = models.CharField("备注", max_length=300, blank=True)
    source = models.CharField("来源", max_length=12, choices=Source.choices)
    reported_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="上报人")
    reported_at = models.DateTimeField("上报时间")

    class Meta:
        abstract = True

    @property
    def colour(self) -> str:
        """The colour of the state's tag."""
        return COLOURS[self.state]


class OperatingStatus(AbstractReport):
    """An enterprise's operating status of one day (每日生产经营状况). A day without a row is 未报, never 0."""

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="statuses", verbose_name="企业", db_index=False
    )

    objects = OperatingStatusQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "每日生产经营状况"
        ordering = ("-day", "enterprise")
        constraints = (
            models.UniqueConstraint(fields=("enterprise", "day"), name="status_once_per_day"),
            models.CheckConstraint(
                condition=Q(utilisation=None) | Q(utilisation__range=(0, 200)), name="status_utilisation_0_to_200"
            ),
            models.CheckConstraint(condition=Q(kwh=None) | Q(kwh__gte=0), name="status_kwh_not_negative"),
        )
        indexes = (
            models.Index(fields=("day", "enterprise"), name="status_of_day"),
            # What was reported in a minute. Rows come in the order of time, so that a few pages of it tell where.
            BrinIndex(fields=("reported_at",), name="status_reported", autosummarize=True),
        )
        triggers = (
            pgtrigger.Trigger(
                name="keep_what_was_replaced",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*REPORTED),
                func=pgtrigger.Func(
                    """
                    INSERT INTO enterprises_operatingstatushistory (
                        enterprise_id, day, state, due, on_duty, utilisation, kwh, orders, remarks, source,
                        reported_by_id, reported_by_deputy_id, reported_at, replaced_at
                    ) VALUES (
                        OLD.enterprise_id, OLD.day, OLD.state, OLD.due, OLD.on_duty, OLD.utilisation, OLD.kwh,
                        OLD.orders, OLD.remarks, OLD.source, OLD.reported_by_id,
                        OLD.reported_by_deputy_id, OLD.reported_at, NEW.reported_at
                    );
                    RETURN NULL;
                    """
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.enterprise} {self.day} {self.get_state_display()}"


class OperatingStatusHistory(AbstractReport):
    """What a newer report of the same day replaced; written by the trigger of OperatingStatus."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业")
    replaced_at = models.DateTimeField("被替换时间")

    class Meta:
        verbose_name = verbose_name_plural = "被替换的生产经营状况"
        ordering = ("-replaced_at", "-pk")
        indexes = (
            models.Index(fields=("enterprise", "day"), name="status_history_of_day"),
            # What stood otherwise at an instant: whatever was replaced since.
            models.Index(fields=("replaced_at",), name="status_history_replaced"),
        )
        triggers = (pgtrigger.Protect(name="history_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.enterprise} {self.day} {self.replaced_at}"
