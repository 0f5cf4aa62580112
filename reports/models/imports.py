from __future__ import annotations

from pathlib import PurePath
from typing import Self
from uuid import uuid4

from django.db import models
from django.urls import reverse

from cadres.models import Cadre, DoneBy


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own imports, and for regional roles those of everybody in their region and below."""
        if cadre.region_scope:
            return self.filter(uploaded_by__department__region__path__startswith=cadre.region_scope)
        return self.filter(uploaded_by=cadre)

    def waiting(self) -> Self:
        """Jobs that a worker should take up: uploaded or confirmed, not yet checked or written."""
        return self.filter(state__in=ImportJob.WAITING).order_by("pk")


def stored_as(job: ImportJob, filename: str) -> str:
    """A name of our own; what a file was called stays in the row."""
    return f"imports/{job.uploaded_at:%Y/%m}/{uuid4().hex}{PurePath(filename).suffix.lower()[:5]}"


class ImportJob(models.Model):
    """One uploaded workbook on its way: checked, looked at, confirmed, written. The row is the work.

    `attempts` counts how often a worker took up the present state; how far one is, is in `reports.imports.progress`.
    """

    class Kind(models.TextChoices):
        REGIONS = "regions", "区域"
        DEPARTMENTS = "departments", "单位"
        CADRES = "cadres", "干部"
        ENTERPRISES = "enterprises", "企业"
        ASSIGNMENTS = "assignments", "包联"
        OPERATING_STATUS = "operating-status", "每日生产经营状况"
        ELECTRICITY = "electricity", "用电量"
        APPEALS = "appeals", "企业诉求"
        POLICIES = "policies", "惠企政策"
        FULFILMENTS = "fulfilments", "政策兑现台账"
        PAYMENTS = "payments", "政策资金拨付"

    class State(models.TextChoices):
        UPLOADED = "uploaded", "正在检查"
        CHECKED = "checked", "待确认"
        CONFIRMED = "confirmed", "正在写入"
        DONE = "done", "已完成"
        FAILED = "failed", "未能导入"
        CANCELLED = "cancelled", "已取消"

    WAITING = (State.UPLOADED, State.CONFIRMED)

    kind = models.CharField("类型", max_length=20, choices=Kind.choices)
    file = models.FileField(upload_to=stored_as)
    filename = models.CharField("文件名", max_length=200)
    sha256 = models.CharField(max_length=64)
    uploaded_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UPLOADED)
    added = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("更新", default=0)
    unchanged = models.PositiveIntegerField("未变", default=0)
    faulty = models.PositiveIntegerField("错误行", default=0)
    preview = models.JSONField("预览", default=list)
    message = models.TextField("说明", blank=True)
    marked = models.FileField("标出错误的表格", max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField("完成时间", null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "数据导入"
        ordering = ("-pk",)
        permissions = (("import_workbook", "可以导入数据"),)
        indexes = (
            models.Index(
                fields=("id",), name="import_waiting", condition=models.Q(state__in=("uploaded", "confirmed"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.filename}"

    def get_absolute_url(self) -> str:
        return reverse("reports:import", args=(self.pk,))

    @property
    def status_colour(self) -> str:
        return {
            self.State.UPLOADED: "blue",
            self.State.CHECKED: "orange",
            self.State.CONFIRMED: "blue",
            self.State.DONE: "green",
            self.State.FAILED: "red",
        }.get(self.State(self.state), "grey")

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING

    @property
    def is_checked(self) -> bool:
        return self.state == self.State.CHECKED

    @property
    def rows(self) -> int:
        return self.added + self.updated + self.unchanged + self.faulty

    @property
    def writable(self) -> int:
        """How many rows confirming would write."""
        return self.added + self.updated


class ImportFault(models.Model):
    """One thing that is wrong in an uploaded workbook: in which row of the sheet, in which column, and why."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="faults")
    row = models.PositiveIntegerField("行")
    column = models.CharField("列名", max_length=40)
    reason = models.CharField("原因", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "导入错误"
        ordering = ("row", "pk")
        indexes = (models.Index(fields=("job", "row"), name="import_fault_of_job"),)

    def __str__(self) -> str:
        return f"第 {self.row} 行 {self.column}：{self.reason}"
