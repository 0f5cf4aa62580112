from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.urls import reverse

from cadres import history
from cadres.fetching import QuicklyMade
from cadres.models import Department, Region
from cadres.search import initials
from enterprises.models.queries import EnterpriseQuerySet
from enterprises.rules import industries
from enterprises.rules.size import size_of

if TYPE_CHECKING:
    from datetime import date

    from enterprises.models.assignments import Assignment
    from enterprises.models.contact import Contact
    from enterprises.models.status import OperatingStatus


# What is known of key projects (重点工程) alone.
OF_PROJECTS: Final = ("project_code", "project_level", "construction", "stage", "responsible")


@history.track(exclude=("initials", "region_path", "last_contact_on", "version"))
class Enterprise(QuicklyMade):
    """A market entity (市场主体) that an official answers for."""

    class Kind(models.TextChoices):
        COMPANY = "company", "企业"
        TRADER = "trader", "个体工商户"
        FARM = "farm", "农业经营主体"
        PROJECT = "project", "重点工程"

    class Size(models.TextChoices):
        LARGE = "large", "大型"
        MEDIUM = "medium", "中型"
        SMALL = "small", "小型"
        MICRO = "micro", "微型"

    class Category(models.TextChoices):
        INDUSTRY_ABOVE = "industry_above", "规上工业"
        INDUSTRY_BELOW = "industry_below", "规下工业"
        TRADE_ABOVE = "trade_above", "限上批零住餐"
        SERVICE_ABOVE = "service_above", "规上服务业"
        BUILDING = "building", "资质建筑业"
        REAL_ESTATE = "real_estate", "房地产开发"
        FARM_LEADER = "farm_leader", "农业龙头"
        PROJECT = "project", "重点工程"
        OTHER = "other", "其他"

    class KeyList(models.TextChoices):
        FARMING = "farming", "重点农业"
        INDUSTRY = "industry", "重点工业"
        LOGISTICS = "logistics", "重点物流"
        TRADE = "trade", "重点外贸"
        PROJECT = "project", "重点工程"

    class State(models.TextChoices):
        OPERATING = "operating", "在营"
        SUSPENDED = "suspended", "停业"
        CANCELLED = "cancelled", "注销"
        MOVED_OUT = "moved_out", "迁出"
        LOST = "lost", "失联"

    class ProjectLevel(models.TextChoices):
        PROVINCE = "province", "省级"
        CITY = "city", "市级"

    class Construction(models.TextChoices):
        CONTINUED = "continued", "续建"
        NEW = "new", "新开工"

    class Stage(models.TextChoices):
        SIGNED = "signed", "签约"
        STARTED = "started", "开工"
        COMPLETED = "completed", "竣工"
        PRODUCING = "producing", "投产"

    kind = models.CharField("主体类型", max_length=10, choices=Kind.choices, default=Kind.COMPANY)
    name = models.CharField("企业名称", max_length=300)
    initials = models.CharField("拼音首字母", max_length=300, blank=True, editable=False)
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    code_exception = models.CharField("信用代码校验例外原因", max_length=200, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    region_path = models.CharField(max_length=120, editable=False)
    region_since = models.DateField("迁入日期", null=True, blank=True)
    park = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="园区",
        limit_choices_to={"kind": "park"},
    )
    address = models.CharField("地址", max_length=300, blank=True)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    industry = models.CharField(
        "行业代码", max_length=4, blank=True, help_text="门类字母加大类，如 C34，可加中类，如 C341"
    )
    industry_group = models.CharField("行业分组", max_length=20, blank=True)
    size = models.CharField("规模", max_length=10, choices=Size.choices, blank=True)
    size_entered = models.BooleanField("规模为录入", default=False)
    category = models.CharField("统计类别", max_length=20, choices=Category.choices, default=Category.OTHER)
    key_lists = ArrayField(
        models.CharField(max_length=20, choices=KeyList.choices), verbose_name="重点名单", default=list, blank=True
    )
    legal_representative = models.CharField("法定代表人", max_length=60, blank=True)
    headcount = models.PositiveIntegerField("从业人数", null=True, blank=True)
    revenue_wan = models.DecimalField("营业收入（万元）", max_digits=14, decimal_places=2, null=True, blank=True)
    assets_wan = models.DecimalField("资产总额（万元）", max_digits=14, decimal_places=2, null=True, blank=True)
    electricity_accounts = ArrayField(
        models.CharField(max_length=30), verbose_name="电力户号", default=list, blank=True
    )
    baseline_kwh = models.DecimalField(
        "基准日用电（kWh）",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    state = models.CharField("经营状态", max_length=10, choices=State.choices, default=State.OPERATING)
    tags = ArrayField(models.CharField(max_length=20), verbose_name="标签", default=list, blank=True)
    project_code = models.CharField("项目代码", max_length=40, blank=True)
    project_level = models.CharField("项目级别", max_length=10, choices=ProjectLevel.choices, blank=True)
    construction = models.CharField("建设性质", max_length=10, choices=Construction.choices, blank=True)
    stage = models.CharField("项目阶段", max_length=10, choices=Stage.choices, blank=True)
    responsible = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任部门"
    )
    last_contact_on = models.DateField("上次走访", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业"
        ordering = ("pk",)
        permissions = (
            ("assign_enterprise", "可以安排包联"),
            ("report_status", "可以上报生产经营状况"),
        )
        constraints = (
            models.UniqueConstraint(
                Upper("credit_code"),
                name="enterprise_credit_code_once",
                violation_error_message="该统一社会信用代码已登记在另一家企业名下，请先在企业名录中查找。",
            ),
            models.UniqueConstraint(
                fields=("name", "region"),
                condition=Q(credit_code=None),
                name="enterprise_name_once_without_code",
                violation_error_message="该区域已有同名且无信用代码的市场主体，请核对是否重复登记。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="enterprise_has_a_name", violation_error_message="请填写企业名称。"
            ),
            models.CheckConstraint(
                condition=Q(credit_code__isnull=False) | Q(kind__in=("trader", "project")),
                name="enterprise_code_absent_only_for_traders_and_projects",
                violation_error_message="除个体工商户和重点工程外，统一社会信用代码不能为空。",
            ),
            models.CheckConstraint(
                condition=Q(kind="project")
                | Q(project_code="", project_level="", construction="", stage="", responsible=None),
                name="enterprise_project_facts_only_of_projects",
                violation_error_message="项目代码、级别、建设性质、阶段和责任部门只用于重点工程。",
            ),
            models.UniqueConstraint(
                fields=("project_code",),
                condition=~Q(project_code=""),
                name="enterprise_project_code_once",
                violation_error_message="该项目代码已登记在另一个重点工程名下，请先在企业名录中查找。",
            ),
        )
        indexes = (
            models.Index(fields=("region_path",), name="enterprise_region", opclasses=("varchar_pattern_ops",)),
            models.Index(fields=("category", "region_path"), name="enterprise_category"),
            # The directory in its own order: longest since the last contact first, or by name.
            models.Index(F("last_contact_on").asc(nulls_first=True), "id", name="enterprise_contact"),
            models.Index(fields=("initials", "name", "id"), name="enterprise_order_of_names"),
            # The lists of a day and of the uncovered, by place; the choices of the filter by local group, and what a
            # group has in a place.
            models.Index(fields=("region_path", "initials", "id"), name="enterprise_order_of_places"),
            models.Index(
                fields=("industry_group", "region_path"),
                name="enterprise_group_in_place",
                opclasses=("", "varchar_pattern_ops"),
            ),
            # What an import knows by its name in its region, however many there are in that region.
            models.Index(fields=("name", "region"), name="enterprise_of_name"),
            # A tag's own list.
            GinIndex(fields=("tags",), name="enterprise_tags"),
            # The search box: two-character words and initials by bigrams, codes by trigrams.
            GinIndex(Func("name", function="zq_bigrams"), name="enterprise_name_bigrams"),
            GinIndex(Func("initials", function="zq_bigrams"), name="enterprise_initials_bigrams"),
            GinIndex(OpClass("credit_code", "gin_trgm_ops"), name="enterprise_code"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.initials = initials(self.name)[:300]
        self.region_path = self.region.path
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("enterprises:detail", args=(self.pk,))

    @property
    def size_display(self) -> str:
        """大型 as entered, 大型（测算） as computed from the 2017 rule, 未定 where a fact is missing."""
        if not self.size:
            return "未定"
        return self.get_size_display() + ("" if self.size_entered else "（测算）")

    @property
    def industry_display(self) -> str:
        """C34 通用设备制造业."""
        division = industries.division(self.industry) if self.industry else None
        return f"{self.industry} {division.name}" if division else self.industry

    @property
    def is_project(self) -> bool:
        return self.kind == Enterprise.Kind.PROJECT

    @property
    def project_words(self) -> str:
        """省级 · 续建 · 开工; "" where nothing of it is known."""
        known = (self.get_project_level_display(), self.get_construction_display(), self.get_stage_display())
        return " · ".join(one for one in known if one)

    def recompute_size(self) -> None:
        """Compute the size by the rule of 2017, unless somebody entered it; the caller saves."""
        if self.size_entered:
            return
        code = self.industry[1:]
        group = code if len(code) > 2 else ""
        self.size = size_of(code[:2], group, self.headcount, self.revenue_wan, self.assets_wan) or ""

    def days_since_contact(self, today: date) -> int | None:
        return (today - self.last_contact_on).days if self.last_contact_on else None

    # What with_team_of(), with_leaders(), with_main_contact() and with_status_of() bring along.

    team: list[Assignment]
    main_contacts: list[Contact]
    leaders: list[Assignment]
    reported: list[OperatingStatus]

    @property
    def specialists(self) -> list[Assignment]:
        return [one for one in self.team if one.role == "specialist"]

    @property
    def specialist_names(self) -> str:
        return "、".join(dict.fromkeys(one.cadre.name for one in self.specialists))

    @property
    def main_contact(self) -> Contact | None:
        """Whom one asks first; from with_main_contact(), else by a query."""
        if "main_contacts" in self.__dict__:
            return next(iter(self.main_contacts), None)
        return self.contacts.filter(is_main=True, ended_on=None).first()

    @property
    def contact_name(self) -> str:
        """Personal data: the main contact's name in full, "" where there is none."""
        return contact.name if (contact := self.main_contact) else ""

    @property
    def contact_phone(self) -> str:
        """Personal data: the main contact's number in full, "" where there is none."""
        return contact.phone if (contact := self.main_contact) else ""

    @property
    def masked_contact(self) -> str:
        """张* 138****1234 of the main contact; "" where there is none."""
        return contact.masked if (contact := self.main_contact) else ""

    @property
    def status(self) -> OperatingStatus | None:
        """The report of the day that was asked for; None is 未报."""
        return self.reported[0] if self.reported else None

    def contact_light(self, today: date) -> str:
        """Red past the strictest frequency of its campaigns, yellow in the second half of it, grey where none runs."""
        lights = {one.contact_light(today) for one in self.specialists}
        return next((light for light in ("red", "yellow", "green") if light in lights), "grey")
