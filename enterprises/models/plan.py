from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from cadres import history
from cadres.models import Cadre, DoneBy
from enterprises.models.assignments import Campaign
from enterprises.models.enterprise import Enterprise


@history.track(exclude=("version", "written_by", "written_by_deputy", "written_at"))
class Plan(models.Model):
    """What the team of an enterprise means to do in a campaign (一套方案). Who wrote what before is in its history."""

    LONGEST = 2_000

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="plans", verbose_name="企业")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", verbose_name="专项行动")
    text = models.TextField("方案", max_length=LONGEST)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("完成日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    written_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="编写人")
    written_at = models.DateTimeField("编写时间")

    class Meta:
        verbose_name = verbose_name_plural = "包联方案"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("enterprise", "campaign"), name="plan_once_per_enterprise_and_campaign"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="plan_ends_after_start",
                violation_error_message="完成日期不能早于起始日期。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.enterprise} {self.campaign}"

    @property
    def period(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} 至 {f'{self.ends_on:%Y-%m-%d}' if self.ends_on else '未定'}"
