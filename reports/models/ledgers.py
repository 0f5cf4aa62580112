from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cadres.models import Cadre, DoneBy

if TYPE_CHECKING:
    from datetime import datetime


class LedgerQuerySet(models.QuerySet["Ledger"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own alone, whatever the role: a file holds what its asker may see. Others see the audit log."""
        return self.filter(asked_by=cadre)

    def waiting(self) -> Self:
        """Those that a worker should take up, in the order of asking."""
        return self.filter(state=Ledger.State.WAITING).order_by("pk")

    def expired(self, now: datetime) -> Self:
        """Those whose file has served its time."""
        return self.filter(state=Ledger.State.DONE, expires_at__lte=now)


class Ledger(models.Model):
    """One ledger (台账) that somebody asked for: what, under which filters, and the file that came of it.

    The row is the work. `filter` is the query of the list's address, `scope` whose rows the file holds: a file is given
    out only as long as its asker's roles and unit are the same. `attempts` counts how often a worker took it up.
    """

    class Kind(models.TextChoices):
        APPEALS = "appeals", "企业困难诉求清单"
        FULFILMENTS = "fulfilments", "惠企政策兑现情况清单"
        VISITS = "visits", "走访记录"
        ASSIGNMENTS = "assignments", "包联台账"
        OPERATING_STATUS = "operating-status", "每日状况"
        AUDIT = "audit", "审计记录"
        SUPERVISION = "supervision", "督办台账"

    class State(models.TextChoices):
        WAITING = "waiting", "正在生成"
        DONE = "done", "可下载"
        FAILED = "failed", "未能生成"
        EXPIRED = "expired", "已过期"

    kind = models.CharField("台账", max_length=20, choices=Kind.choices)
    filter = models.CharField(max_length=2000, blank=True)
    filter_words = models.TextField("筛选条件", blank=True)
    asked_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="导出人")
    asked_at = models.DateTimeField("导出时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    scope = models.CharField(max_length=400, blank=True)
    as_of = models.DateTimeField("数据时间", null=True)
    rows = models.PositiveIntegerField("行数", default=0)
    file = models.FileField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField("大小", default=0)
    sha256 = models.CharField("校验值", max_length=64, blank=True)
    message = models.CharField("说明", max_length=500, blank=True)
    expires_at = models.DateTimeField("到期时间", null=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账"
        ordering = ("-pk",)
        permissions = (("export_ledger", "可以导出台账"),)
        constraints = (
            models.UniqueConstraint(
                fields=("asked_by", "kind", "filter"),
                condition=Q(state="waiting"),
                name="ledger_once_while_it_is_made",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(file="") & ~Q(sha256="") & Q(expires_at__isnull=False)),
                name="ledger_done_has_its_file",
            ),
        )
        indexes = (
            models.Index(fields=("asked_by", "-id"), name="ledger_of_asker"),
            models.Index(fields=("id",), name="ledger_waiting", condition=Q(state="waiting")),
            models.Index(fields=("expires_at",), name="ledger_expires", condition=Q(state="done")),
        )

    def __str__(self) -> str:
        return self.get_kind_display()

    def get_absolute_url(self) -> str:
        return reverse("reports:ledger", args=(self.pk,))

    # What cadres.uploads.serving asks of a file.

    media_type: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    is_picture: Final = False

    @property
    def name(self) -> str:
        """What the file is called where it is saved."""
        return f"{self} {timezone.localtime(self.as_of):%Y-%m-%d %H%M}.xlsx"

    @property
    def status_colour(self) -> str:
        return {self.State.WAITING: "blue", self.State.DONE: "green", self.State.FAILED: "red"}.get(
            self.State(self.state), "grey"
        )

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE
