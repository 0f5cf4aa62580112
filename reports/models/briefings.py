from __future__ import annotations

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from cadres.models import Cadre, DoneBy, Region
from cadres.roles import Role


class BriefingQuerySet(models.QuerySet["Briefing"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Bulletins of one's region and below, and what was issued to one; a draft is for the office alone."""
        seen = Q(pk__in=Receipt.objects.filter(cadre=cadre).values("briefing"))
        if cadre.region_scope:
            inside = Q(region__path__startswith=cadre.region_scope)
            seen |= inside if cadre.holds(Role.OFFICE) else inside & Q(signed_at__isnull=False)
        return self.filter(seen)

    def signed(self) -> Self:
        return self.exclude(signed_at=None)

    def drafts(self) -> Self:
        return self.filter(signed_at=None)

    def without_contents(self) -> Self:
        """For lists: leave the snapshot, its evidence and its workbook where they are."""
        return self.defer("figures", "text", "issued_text", "evidence", "workbook")

    def with_correction(self) -> Self:
        """Each with `corrected_by`, the key of the last signed version after it."""
        later = Briefing.objects.signed().filter(
            region=OuterRef("region"), day=OuterRef("day"), version__gt=OuterRef("version")
        )
        return self.annotate(corrected_by=Subquery(later.order_by("-version").values("pk")[:1]))


class Briefing(models.Model):
    """The daily resumption bulletin (每日复工通报) of one region and day.

    `figures` is the whole snapshot from which page and workbook are made; `evidence` holds the enterprise-day rows it
    was counted from, as gzip-compressed JSON lines, and `evidence_sha256` their checksum. `text` is made from the
    figures, `issued_text` what was signed, edited or not. `workbook` is the file as it was signed, kept so that a later
    version of the product reprints the same bytes. Once signed, a trigger refuses any change.

    A correction is a further version of the same number, which says what changed, who asked and who approved.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    day = models.DateField("日期")
    version = models.PositiveSmallIntegerField("版本", default=1)
    number = models.PositiveIntegerField("期号")
    cut_off_at = models.DateTimeField("数据截至")
    figures = models.JSONField(default=dict)
    text = models.TextField("正文", blank=True)
    issued_text = models.TextField("签发的正文", blank=True, db_default="")
    evidence = models.BinaryField()
    evidence_sha256 = models.CharField("依据校验值", max_length=64)
    workbook = models.BinaryField(null=True)
    made_at = models.DateTimeField("生成时间")
    made_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="生成人")
    signed_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    signed_at = models.DateTimeField("签发时间", null=True)

    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="更正的版本")
    correction = models.TextField("更正内容和原因", blank=True, db_default="")
    correction_asked_by = models.CharField("提出更正", max_length=60, blank=True, db_default="")
    correction_approved_by = models.ForeignKey(
        Cadre, models.PROTECT, null=True, related_name="+", verbose_name="批准更正"
    )

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
            models.CheckConstraint(
                condition=Q(version=1, corrects=None, correction_approved_by=None)
                | Q(version__gt=1, corrects__isnull=False, correction_approved_by__isnull=False)
                & ~Q(correction="")
                & ~Q(correction_asked_by=""),
                name="briefing_correction_says_what_and_who",
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
        return f"{self.region}每日复工通报 第{self.number}期{self.version_label}"

    def get_absolute_url(self) -> str:
        return reverse("reports:briefing", args=(self.pk,))

    corrected_by: int | None = None  # from with_correction()

    @property
    def version_label(self) -> str:
        """（更正）, （第2次更正）: what tells a version from the first."""
        if self.version == 1:
            return ""
        return "（更正）" if self.version == 2 else f"（第{self.version - 1}次更正）"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def state(self) -> tuple[str, str]:
        """草稿, 已签发 or 已更正, and its colour; after with_correction()."""
        if self.corrected_by:
            return "已更正", "orange"
        return ("已签发", "green") if self.is_signed else ("草稿", "grey")

    @property
    def edit(self) -> Edit | None:
        """The edit in force of a draft: the last one of the data as they are; fetching again sets it aside."""
        return (
            Edit.objects.filter(briefing=self, of_made_at=self.made_at)
            .select_related("by", "by_deputy")
            .order_by("-number")
            .first()
        )

    @property
    def body(self) -> str:
        """What is read: as signed; of a draft as edited, else as it was made."""
        if self.is_signed:
            return self.issued_text or self.text
        return self.edit.text if self.edit else self.text


class Edit(models.Model):
    """One edit of a draft's text, kept with those before it. `figures` says why numbers differ from what was made."""

    briefing = models.ForeignKey(Briefing, models.PROTECT, related_name="edits", verbose_name="通报")
    number = models.PositiveIntegerField("第几稿")
    of_made_at = models.DateTimeField("所改数据的取数时间")
    text = models.TextField("正文")
    figures = models.CharField("改动数字的说明", max_length=200, blank=True)
    by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="修改人")
    at = models.DateTimeField("修改时间")

    class Meta:
        verbose_name = verbose_name_plural = "通报修改稿"
        ordering = ("briefing", "number")
        constraints = (models.UniqueConstraint(fields=("briefing", "number"), name="briefing_edit_once"),)
        triggers = (pgtrigger.Protect(name="edit_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.briefing} 第{self.number}稿"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def current(self, region: Region) -> Self:
        return self.filter(region=region, removed_at=None).select_related(
            "cadre__department", "added_by", "added_by_deputy"
        )


class Recipient(models.Model):
    """Somebody to whom a region's bulletins are issued (发送名单), besides its leaders and supervisors."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="接收人")
    added_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="列入人")
    added_at = models.DateTimeField("列入时间")
    removed_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="移出人")
    removed_at = models.DateTimeField("移出时间", null=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报发送名单"
        ordering = ("added_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("region", "cadre"), condition=Q(removed_at=None), name="recipient_once_per_region"
            ),
        )

    def __str__(self) -> str:
        return f"{self.region} {self.cadre}"


class Dispatch(models.Model):
    """That a signed bulletin was issued (印发), once."""

    briefing = models.OneToOneField(Briefing, models.PROTECT, related_name="dispatch", verbose_name="通报")
    by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="印发人")
    at = models.DateTimeField("印发时间")

    class Meta:
        verbose_name = verbose_name_plural = "通报印发"
        triggers = (pgtrigger.Protect(name="dispatch_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.briefing} {self.at}"


class Receipt(models.Model):
    """To whom a bulletin was issued, and when they first looked at it."""

    briefing = models.ForeignKey(Briefing, models.PROTECT, related_name="receipts", verbose_name="通报")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="接收人")
    sent_at = models.DateTimeField("发送时间")
    read_at = models.DateTimeField("阅读时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通报接收"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("briefing", "cadre"), name="receipt_once_per_cadre"),)
        indexes = (models.Index(fields=("cadre", "briefing"), name="receipt_of_cadre"),)

    def __str__(self) -> str:
        return f"{self.briefing} {self.cadre}"
