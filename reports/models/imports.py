from __future__ import annotations

from typing import Self

from django.db import models
from django.urls import reverse

from cadres.models import Cadre


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own imports, and for regional roles those of everybody in their region and below."""
        if cadre.region_scope:
            return self.filter(uploaded_by__department__region__path__startswith=cadre.region_scope)
        return self.filter(uploaded_by=cadre)

    def waiting(self) -> Self:
        """Jobs that a worker should take up: uploaded or confirmed, not yet checked or written."""
        return self.filter(state__in=(ImportJob.State.UPLOADED, ImportJob.State.CONFIRMED)).order_by("pk")


class ImportJob(models.Model):
    """One uploaded workbook on its way: checked, looked at, confirmed, written. The row is the work."""

    class Kind(models.TextChoices):
        REGIONS = "regions", "区域"
        DEPARTMENTS = "departments", "单位"
        CADRES = "cadres", "干部"
        ENTERPRISES = "enterprises", "企业"
        ASSIGNMENTS = "assignments", "包联"
        OPERATING_STATUS = "operating-status", "每日生产经营状况"

    class State(models.TextChoices):
        UPLOADED = "uploaded", "等待检查"
        CHECKED = "checked", "待确认"
        CONFIRMED = "confirmed", "正在写入"
        DONE = "done", "已完成"
        FAILED = "failed", "未能读取"
        CANCELLED = "cancelled", "已取消"

    kind = models.CharField("类型", max_length=20, choices=Kind.choices)
    file = models.FileField(upload_to="imports/%Y/%m/")
    filename = models.CharField("文件名", max_length=200)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UPLOADED)
    total_rows = models.PositiveIntegerField("总行数", default=0)
    done_rows = models.PositiveIntegerField("已处理行数", default=0)
    added = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("更新", default=0)
    unchanged = models.PositiveIntegerField("未变", default=0)
    errors = models.JSONField("错误", default=list)
    preview = models.JSONField("预览", default=list)
    message = models.TextField("说明", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField("完成时间", null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "数据导入"
        ordering = ("-pk",)
        permissions = (("import_workbook", "可以导入数据"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.filename}"

    def get_absolute_url(self) -> str:
        return reverse("reports:import", args=(self.pk,))
