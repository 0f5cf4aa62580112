from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse

from cadres import history
from cadres.models import AbstractUpload, Cadre, Department, DoneBy, Region
from cadres.search import normalise, words

if TYPE_CHECKING:
    from datetime import date

NOT_NEGATIVE: Final = MinValueValidator(0, message="金额不能为负数")


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Policies of the cadre's region, of those above it, and of those below it."""
        if cadre.region is None:
            return self.none()
        codes = cadre.region.path.rstrip("/").split("/")
        return self.filter(Q(region__code__in=codes) | Q(region__path__startswith=cadre.region.path))

    def in_force(self, day: date) -> Self:
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day)).filter(
            Q(valid_until=None) | Q(valid_until__gte=day)
        )

    def search(self, text: str) -> Self:
        """By words of the title, or by part of the document number."""
        titled = Policy.objects.filter(words("title", text)).values("pk")
        return self.filter(Q(pk__in=titled) | Q(document_number__icontains=normalise(text)))


@history.track(exclude=("version", "entered_by", "entered_by_deputy", "entered_at"))
class Policy(models.Model):
    """A document that grants enterprises something (惠企政策); what it grants are its items."""

    class Level(models.TextChoices):
        NATION = "nation", "国家"
        PROVINCE = "province", "省（自治区）"
        CITY = "city", "市"
        DISTRICT = "district", "区县"

    class Category(models.TextChoices):
        RELIEF = "relief", "减免"
        SUBSIDY = "subsidy", "奖补"
        RIGHT = "right", "权益"
        QUALIFICATION = "qualification", "资质"

    title = models.CharField("政策名称", max_length=200)
    document_number = models.CharField("文号", max_length=80, blank=True)
    issuer = models.CharField("发文机关", max_length=120, blank=True)
    level = models.CharField("层级", max_length=10, choices=Level.choices, default=Level.CITY)
    category = models.CharField("类别", max_length=15, choices=Category.choices, default=Category.SUBSIDY)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="适用区域")
    valid_from = models.DateField("生效日期", null=True, blank=True)
    valid_until = models.DateField("失效日期", null=True, blank=True, help_text="不填为长期有效")
    text = models.TextField("政策正文", blank=True, max_length=50_000)
    entered_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", editable=False)
    entered_at = models.DateTimeField("录入时间", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "惠企政策"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("region", "title", "document_number"),
                name="policy_once_per_region",
                violation_error_message="该区域已有同名同文号的政策，请在政策库中查找。",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from=None) | Q(valid_until__gte=F("valid_from")),
                name="policy_ends_after_start",
                violation_error_message="失效日期不能早于生效日期。",
            ),
            models.CheckConstraint(
                condition=~Q(title=""), name="policy_has_a_title", violation_error_message="请填写政策名称。"
            ),
        )
        indexes = (GinIndex(Func("title", function="zq_bigrams"), name="policy_title_bigrams"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("policies:detail", args=(self.pk,))

    @property
    def validity(self) -> str:
        """2026-01-01 至 长期."""
        begin = f"{self.valid_from:%Y-%m-%d}" if self.valid_from else ""
        end = f"{self.valid_until:%Y-%m-%d}" if self.valid_until else "长期"
        return f"{begin} 至 {end}" if begin else (f"至 {end}" if self.valid_until else end)

    def state_on(self, today: date) -> tuple[str, str]:
        """执行中, 未生效 or 已失效, and its colour."""
        if self.valid_from and today < self.valid_from:
            return "未生效", "grey"
        return ("已失效", "grey") if self.valid_until and self.valid_until < today else ("执行中", "green")


class PolicyFile(AbstractUpload):
    """A document that belongs to a policy: its text as issued, forms to fill in."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="files", verbose_name="政策")

    class Meta:
        verbose_name = verbose_name_plural = "政策文件"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("policy", "sha256"), name="policy_file_once"),)


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(policy__in=Policy.objects.visible_to(cadre).values("pk"))

    def led_by(self, department: int | None) -> Self:
        return self.filter(department=department) if department else self.none()


@history.track(exclude=("version",))
class Item(models.Model):
    """What a policy grants (政策事项), who is responsible and until when it can be had.

    `criteria` are words for people; a structured tree over the facts of an enterprise may stand beside them.
    """

    class Granting(models.TextChoices):
        AUTOMATIC = "automatic", "免申即享"
        INSTANT = "instant", "即申即享"
        FAST = "fast", "快申快享"
        PROMISED = "promised", "承诺兑现"
        REVIEWED = "reviewed", "申报审核"

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="items", verbose_name="政策")
    name = models.CharField("事项名称", max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="责任部门")
    granting = models.CharField("兑现方式", max_length=10, choices=Granting.choices, default=Granting.REVIEWED)
    pays_money = models.BooleanField("拨付资金", default=True, help_text="减免、权益、资质等不拨付资金的，不勾选")
    standard = models.CharField("兑现标准", max_length=500, blank=True, help_text="如 贷款利息的50%，不超过100万元")
    amount = models.DecimalField(
        "固定金额（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[NOT_NEGATIVE]
    )
    rate = models.DecimalField(
        "比例（%）",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
    )
    cap = models.DecimalField(
        "最高金额（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[NOT_NEGATIVE]
    )
    criteria = models.TextField("享受条件", blank=True, max_length=2000)
    opens_on = models.DateField("申报开始", null=True, blank=True)
    closes_on = models.DateField("申报截止", null=True, blank=True, help_text="当天仍可申报；不填为长期")
    materials = models.TextField("申报材料", blank=True, max_length=2000)
    promised_days = models.PositiveSmallIntegerField("承诺办理（工作日）", null=True, blank=True)
    budget = models.DecimalField(
        "预算（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[NOT_NEGATIVE]
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "政策事项"
        ordering = ("policy", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("policy", "name"),
                name="item_once_per_policy",
                violation_error_message="该政策下已有同名事项。",
            ),
            models.CheckConstraint(
                condition=Q(closes_on=None) | Q(opens_on=None) | Q(closes_on__gte=F("opens_on")),
                name="item_closes_after_opening",
                violation_error_message="申报截止不能早于申报开始。",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(cap=None) | Q(amount__lte=F("cap")),
                name="item_amount_within_cap",
                violation_error_message="固定金额不能超过最高金额。",
            ),
            models.CheckConstraint(
                condition=(Q(amount=None) | Q(amount__gte=0))
                & (Q(cap=None) | Q(cap__gte=0))
                & (Q(budget=None) | Q(budget__gte=0)),
                name="item_amounts_not_negative",
                violation_error_message="金额不能为负数。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="item_has_a_name", violation_error_message="请填写事项名称。"
            ),
        )
        indexes = (models.Index(fields=("department",), name="item_department"),)

    def __str__(self) -> str:
        return self.name

    @property
    def window(self) -> str:
        """2026-09-01 至 2026-10-31; 长期 where it never closes."""
        end = f"{self.closes_on:%Y-%m-%d}" if self.closes_on else "长期"
        return f"{self.opens_on:%Y-%m-%d} 至 {end}" if self.opens_on else (f"至 {end}" if self.closes_on else end)

    def window_light(self, today: date) -> str:
        """Red once closed, yellow in the last days, green while open, grey where it never closes."""
        if self.closes_on is None:
            return "grey"
        left = (self.closes_on - today).days
        if left < 0:
            return "red"
        return "yellow" if left <= CLOSING_SOON_DAYS else "green"


CLOSING_SOON_DAYS: Final = 7
"""So many days before its window closes people are reminded of what nobody has applied for."""
