from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from cadres.models import Cadre, Department, Region
from cadres.roles import ASSIGNED
from enterprises.models.enterprise import Enterprise, EnterpriseQuerySet

if TYPE_CHECKING:
    from datetime import date


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running(self, today: date) -> Self:
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gte=today))

    def visible_to(self, cadre: Cadre) -> Self:
        """Campaigns of the cadre's own region, of the regions above it, and (for regional roles) of those below."""
        if cadre.region is None:
            return self.none()
        codes = cadre.region.path.rstrip("/").split("/")
        touching = Region.objects.filter(Q(code__in=codes) | Q(path__startswith=cadre.region.path))
        return self.filter(pk__in=Campaign.regions.through.objects.filter(region__in=touching).values("campaign"))


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

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专项行动"
        ordering = ("-starts_on", "name")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def to_be_covered(self) -> EnterpriseQuerySet:
        """Operating enterprises that this campaign is to cover."""
        where = Q()
        for path in self.regions.values_list("path", flat=True):
            where |= Q(region_path__startswith=path)
        chosen = Enterprise.objects.operating().filter(where or Q(pk__in=()))
        if self.kinds:
            chosen = chosen.filter(kind__in=self.kinds)
        if self.sizes:
            chosen = chosen.filter(size__in=self.sizes)
        if self.categories:
            chosen = chosen.filter(category__in=self.categories)
        if self.key_lists:
            chosen = chosen.filter(key_lists__overlap=self.key_lists)
        return chosen

    def covered(self, today: date) -> EnterpriseQuerySet:
        return self.to_be_covered().filter(pk__in=self._assigned(today))

    def uncovered(self, today: date) -> EnterpriseQuerySet:
        """Those to be covered that have no active specialist."""
        return self.to_be_covered().exclude(pk__in=self._assigned(today))

    def _assigned(self, today: date) -> models.QuerySet[Assignment, dict[str, int]]:
        return Assignment.objects.active(today).specialists().filter(campaign=self).values("enterprise")  # type: ignore[return-value]


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def active(self, today: date) -> Self:
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gt=today))

    def specialists(self) -> Self:
        return self.filter(role=Assignment.Role.SPECIALIST)

    def visible_to(self, cadre: Cadre) -> Self:
        scope = Q(pk__in=())
        if cadre.region_scope:
            scope |= Q(enterprise__region_path__startswith=cadre.region_scope)
        if cadre.holds(*ASSIGNED):
            scope |= Q(enterprise__in=Enterprise.objects.visible_to(cadre).values("pk"))
        return self.filter(scope)


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
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="干部")
    role = models.CharField("职责", max_length=10, choices=Role.choices, default=Role.SPECIALIST)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期", null=True, blank=True)
    reason = models.CharField("变更原因", max_length=200, blank=True)
    assigned_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="安排人")
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
        indexes = (models.Index(fields=("cadre", "enterprise"), name="assignment_of_cadre"),)

    def __str__(self) -> str:
        return f"{self.enterprise} {self.get_role_display()} {self.cadre}"


class AccessQuerySet(models.QuerySet["Access"]):
    def current(self, today: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=today))


class Access(models.Model):
    """Why a department may see an enterprise that is not assigned to it; written by the floors above."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
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
