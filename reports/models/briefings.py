from __future__ import annotations

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from cadres.models import Cadre, Region
from cadres.roles import Role


class BriefingQuerySet(models.QuerySet["Briefing"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Bulletins of the cadre's region and below; a draft is for the office alone."""
        if not cadre.region_scope:
            return self.none()
        inside = self.filter(region__path__startswith=cadre.region_scope)
        return inside if cadre.holds(Role.OFFICE) else inside.signed()

    def signed(self) -> Self:
        return self.exclude(signed_at=None)

    def drafts(self) -> Self:
        return self.filter(signed_at=None)

    def without_contents(self) -> Self:
        """For lists: leave the snapshot, its evidence and its workbook where they are."""
        return self.defer("figures", "text", "evidence", "workbook")


class Briefing(models.Model):
    """The daily resumption bulletin (每日复工通报) of one region and day.

    `figures` is the whole snapshot from which page and workbook are made; `evidence` holds the enterprise-day rows it
    was counted from, as gzip-compressed JSON lines, and `evidence_sha256` their checksum. `workbook` is the file as it
    was signed, kept so that a later version of the product reprints the same bytes. Once signed, a trigger refuses any
    change.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    day = models.DateField("日期")
    version = models.PositiveSmallIntegerField("版本", default=1)
    number = models.PositiveIntegerField("期号")
    cut_off_at = models.DateTimeField("数据截至")
    figures = models.JSONField(default=dict)
    text = models.TextField("正文", blank=True)
    evidence = models.BinaryField()
    evidence_sha256 = models.CharField("依据校验值", max_length=64)
    workbook = models.BinaryField(null=True)
    made_at = models.DateTimeField("生成时间")
    made_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="生成人")
    signed_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    signed_at = models.DateTimeField("签发时间", null=True)

    objects = BriefingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "每日复工通报"
        ordering = ("-day", "region__path")
        permissions = (
            ("sign_briefing", "可以签发通报"),
            ("view_indicators", "可以查看指标"),
        )
        constraints = (
            models.UniqueConstraint(fields=("region", "day", "version"), name="briefing_once_per_day"),
            models.UniqueConstraint(fields=("region", "number", "version"), name="briefing_number_once"),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, workbook=None)
                | Q(signed_at__isnull=False, signed_by__isnull=False, workbook__isnull=False),
                name="briefing_signed_by_somebody_with_its_workbook",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="signed_is_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__signed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.region}每日复工通报 第{self.number}期"

    def get_absolute_url(self) -> str:
        return reverse("reports:briefing", args=(self.pk,))

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def state_label(self) -> str:
        return "已签发" if self.is_signed else "草稿"

    @property
    def state_colour(self) -> str:
        return "green" if self.is_signed else "grey"
