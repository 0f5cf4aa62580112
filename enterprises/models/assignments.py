from __future__ import annotations

from datetime import date, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Case, Exists, ExpressionWrapper, F, Func, OuterRef, Prefetch, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from cadres import history
from cadres.models import Cadre, Department, DoneBy, Region
from enterprises.models.enterprise import Enterprise
from enterprises.models.queries import EnterpriseQuerySet


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running(self, today: date) -> Self:
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gte=today))

    def reaching(self, enterprise: Enterprise) -> Self:
        """Campaigns one of whose regions the enterprise lies in."""
        above = enterprise.region_path.rstrip("/").split("/")
        return self.filter(pk__in=Campaign.regions.through.objects.filter(region__code__in=above).values("campaign"))

    def visible_to(self, cadre: Cadre) -> Self:
        """Campaigns of the cadre's own region, of the regions above it, and (for regional roles) of those below."""
        if cadre.region is None:
            return self.none()
        codes = cadre.region.path.rstrip("/").split("/")
        touching = Region.objects.filter(Q(code__in=codes) | Q(path__startswith=cadre.region.path))
        return self.filter(pk__in=Campaign.regions.through.objects.filter(region__in=touching).values("campaign"))


@history.track(exclude=("version",))
class Campaign(models.Model):
    """A campaign (专项行动): which enterprises are to be covered, by what officials, how often visited.

    An empty list of kinds, sizes, categories or key lists means that it does not narrow.
    """

    name = models.CharField("名称", max_length=80, unique=True)
    official_title = models.CharField("干部称谓", max_length=20, default="特派专员")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期", null=True, blank=True)
    regions = models.ManyToManyField(Region, related_name="+", verbose_name="区域")
    contact_every_days = models.PositiveSmallIntegerField("走访频次（天）", default=14)
    kinds = ArrayField(models.CharField(max_length=10, choices=Enterprise.Kind.choices), default=list, blank=True)
    sizes = ArrayField(models.CharField(max_length=10, choices=Enterprise.Size.choices), default=list, blank=True)
    categories = ArrayField(
        models.CharField(max_length=20, choices=Enterprise.Category.choices), default=list, blank=True
    )
    key_lists = ArrayField(
        models.CharField(max_length=20, choices=Enterprise.KeyList.choices), default=list, blank=True
    )

    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专项行动"
        ordering = ("-starts_on", "name")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="campaign_ends_after_start",
                violation_error_message="终止日期不能早于起始日期。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("enterprises:campaign", args=(self.pk,))

    def to_be_covered(self) -> EnterpriseQuerySet:
        """Operating enterprises that this campaign is to cover."""
        return Enterprise.objects.to_be_covered_by(self)

    def covered(self, today: date) -> EnterpriseQuerySet:
        return self.to_be_covered().with_specialist(today, self)

    def uncovered(self, today: date) -> EnterpriseQuerySet:
        """Those to be covered that have no active specialist."""
        return self.to_be_covered().without_specialist(today, self)

    def is_within(self, scope: str) -> bool:
        """True if all its regions lie at or below this path."""
        return bool(scope) and all(region.path.startswith(scope) for region in self.regions.all())

    @property
    def period(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} 至 {f'{self.ends_on:%Y-%m-%d}' if self.ends_on else '长期'}"

    @property
    def narrowed_to(self) -> list[tuple[str, str]]:
        """What narrows it, each as (label, words)."""
        lists = (
            ("主体类型", Enterprise.Kind, self.kinds),
            ("规模", Enterprise.Size, self.sizes),
            ("统计类别", Enterprise.Category, self.categories),
            ("重点名单", Enterprise.KeyList, self.key_lists),
        )
        return [(label, "、".join(str(words(one).label) for one in chosen) or "不限") for label, words, chosen in lists]

    def state_on(self, today: date) -> tuple[str, str]:
        """进行中, 未开始 or 已结束, and its colour."""
        if today < self.starts_on:
            return "未开始", "grey"
        return ("已结束", "grey") if self.ends_on and self.ends_on < today else ("进行中", "green")


@history.track_links(app_label="enterprises", model_name="CampaignRegionEvent", owner="campaign")
class CampaignRegion(Campaign.regions.through):  # type: ignore[misc, name-defined]
    """In which regions a campaign runs; the many-to-many table by a name of its own."""

    class Meta:
        proxy = True


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def active(self, today: date) -> Self:
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gt=today))

    def ended(self, today: date) -> Self:
        return self.filter(ends_on__lte=today)

    def planned(self, today: date) -> Self:
        """Those that begin later."""
        return self.filter(starts_on__gt=today)

    def lasting_beyond(self, day: date) -> Self:
        """Those that leave no room for another from this day on."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day))

    def in_running_campaigns(self, today: date) -> Self:
        return self.filter(campaign__in=Campaign.objects.running(today).values("pk"))

    def specialists(self) -> Self:
        return self.filter(role=Assignment.Role.SPECIALIST)

    def visible_to(self, cadre: Cadre) -> Self:
        """Who answers for an enterprise, past and present, is seen by all who see the enterprise."""
        return self.filter(enterprise__in=Enterprise.objects.visible_to(cadre).values("pk"))

    def with_contact_due(self, today: date) -> Self:
        """Each with `due_on`, the last day that keeps the frequency; None where it no longer or not yet counts."""
        due = ExpressionWrapper(
            Coalesce("enterprise__last_contact_on", "starts_on") + F("campaign__contact_every_days"),
            output_field=models.DateField(),
        )
        counts = Q(starts_on__lte=today, campaign__starts_on__lte=today)
        counts &= Q(ends_on=None) | Q(ends_on__gt=today)
        counts &= Q(campaign__ends_on=None) | Q(campaign__ends_on__gte=today)
        return self.annotate(due_on=Case(When(counts, then=due)))

    def overdue(self, today: date) -> Self:
        """Those whose frequency is not kept; after with_contact_due()."""
        return self.filter(Q(due_on__lt=today))

    def visited_in_month_of(self, today: date) -> Self:
        """Those whose enterprise was contacted in the month, by whomever: one visit counts for every campaign."""
        return self.filter(in_month_of(today))

    def with_leaders(self, today: date) -> Self:
        """Each knows `leader_names`. One query more."""
        leaders = Assignment.objects.active(today).filter(role=Assignment.Role.LEADER).select_related("cadre")
        return self.prefetch_related(Prefetch("enterprise__assignments", leaders, to_attr="leaders"))


class Assignment(models.Model):
    """Who answers for an enterprise in a campaign (包联), from a day until the day on which it passes on.

    `ends_on` is the first day that no longer counts. Rows are ended, never deleted.
    """

    class Role(models.TextChoices):
        LEADER = "leader", "包联领导"
        SPECIALIST = "specialist", "专员"
        MEMBER = "member", "成员"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="assignments", verbose_name="专项行动")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="assignments", verbose_name="企业")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="干部", db_index=False)
    role = models.CharField("职责", max_length=10, choices=Role.choices, default=Role.SPECIALIST)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期", null=True, blank=True)
    reason = models.CharField("变更原因", max_length=200, blank=True)
    assigned_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="安排人")
    assigned_at = models.DateTimeField("安排时间")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "包联"
        ordering = ("-starts_on", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="assignment_ends_after_start"
            ),
            ExclusionConstraint(
                name="one_active_specialist_per_enterprise_and_campaign",
                expressions=[
                    ("enterprise", RangeOperators.EQUAL),
                    ("campaign", RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(role="specialist"),
            ),
            models.UniqueConstraint(
                fields=("enterprise", "campaign", "cadre", "role"),
                condition=Q(ends_on=None),
                name="assignment_once_per_cadre_and_role",
            ),
        )
        indexes = (
            models.Index(fields=("cadre", "enterprise"), name="assignment_of_cadre"),
            # The ledger by the day of beginning.
            models.Index(fields=("starts_on", "id"), name="assignment_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.enterprise} {self.get_role_display()} {self.cadre}"

    due_on: date | None  # from with_contact_due()

    @property
    def leader_names(self) -> str:
        """Who leads the same enterprise's team in the same campaign today; from with_leaders()."""
        return "、".join(one.cadre.name for one in self.enterprise.leaders if one.campaign_id == self.campaign_id)

    @property
    def contact_due_on(self) -> date:
        """The last day on which the campaign's frequency is kept, counted from the start before any contact."""
        since = self.enterprise.last_contact_on or self.starts_on
        return since + timedelta(days=self.campaign.contact_every_days)

    def contact_light(self, today: date) -> str:
        left = (self.contact_due_on - today).days
        if left < 0:
            return "red"
        return "yellow" if left * 2 < self.campaign.contact_every_days else "green"


def in_month_of(today: date) -> Q:
    """Of an assignment: its enterprise was contacted in the month."""
    return Q(enterprise__last_contact_on__range=(today.replace(day=1), today))


def has_specialist(today: date, campaign: Campaign | None = None) -> Exists:
    """Whether the enterprise of the outer query has an active specialist, in this campaign or in any."""
    rows = Assignment.objects.active(today).specialists().filter(enterprise=OuterRef("pk"))
    return Exists(rows.filter(campaign=campaign) if campaign else rows)


class AccessQuerySet(models.QuerySet["Access"]):
    def current(self, today: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=today))


class Access(models.Model):
    """Why a department may see an enterprise that is not assigned to it; written by the floors above."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=60)
    until = models.DateField(null=True)

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "查阅权限"
        constraints = (
            models.UniqueConstraint(fields=("enterprise", "department", "reason"), name="access_once_per_reason"),
        )
        indexes = (models.Index(fields=("department", "enterprise"), name="access_of_department"),)

    def __str__(self) -> str:
        return f"{self.department} {self.enterprise}"
