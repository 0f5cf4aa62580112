from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from appeals.models import Appeal, Comment
from cadres.models import AbstractUpload, Cadre, DoneBy, Region, signed
from cadres.roles import ASSIGNED
from enterprises.models import Enterprise, follows_enterprise
from policies.models import Policy

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from enterprises.models import Campaign


MANNER_COLOURS: Final = {"on_site": "green", "phone": "blue", "video": "blue"}


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """By region for regional roles; one's own visits and those to one's enterprises for the assigned roles.

        A region's are those made there, and those to enterprises that moved there since (see follows_enterprise).
        """
        scope = Q(pk__in=())
        if cadre.region_scope:
            scope |= Q(region_path__startswith=cadre.region_scope) | follows_enterprise(cadre.region_scope)
        if cadre.holds(*ASSIGNED):
            mine = Enterprise.objects.visible_to(cadre).values("pk")
            scope |= Q(cadre=cadre) | Q(enterprise__in=mine)
        return self.filter(scope)

    def of_month(self, today: date) -> Self:
        """Made in the month of this day, up to it."""
        return self.filter(visited_on__range=(today.replace(day=1), today))

    def since(self, day: date) -> Self:
        """Made on this day or later."""
        return self.filter(visited_on__gte=day)

    def in_region(self, region: Region) -> Self:
        """Where the enterprise lay at the visit; a park is another membership than the tree's."""
        if region.kind == Region.Kind.PARK:
            return self.filter(enterprise__park=region)
        return self.filter(region_path__startswith=region.path)

    def of_campaign(self, campaign: Campaign) -> Self:
        """Made in its period to an enterprise that somebody answered for in it; one visit serves every campaign."""
        answered_for = campaign.assignments.values("enterprise")
        visits = self.filter(enterprise__in=answered_for, visited_on__gte=campaign.starts_on)
        return visits.filter(visited_on__lte=campaign.ends_on) if campaign.ends_on else visits

    def search(self, text: str) -> Self:
        """By the visit's number, or by the enterprise (name, initials, credit code)."""
        number = text.strip().upper()
        if number.startswith("ZF"):
            return self.filter(number__startswith=number)
        return self.filter(enterprise__in=Enterprise.objects.search(text).values("pk"))

    def with_appeal_count(self) -> Self:
        """Annotate `appeal_count`: how many appeals the visit raised."""
        raised = Visit.appeals.through.objects.filter(visit=OuterRef("pk")).order_by().values("visit")
        counted = raised.annotate(appeals=Count("pk")).values("appeals")  # type: ignore[misc]
        return self.annotate(appeal_count=Coalesce(Subquery(counted, output_field=models.IntegerField()), 0))


class Visit(models.Model):
    """One contact of an official with an enterprise. `client_id` is made by the form: a repeat is the same visit."""

    class Manner(models.TextChoices):
        ON_SITE = "on_site", "实地"
        PHONE = "phone", "电话"
        VIDEO = "video", "视频"

    client_id = models.UUIDField(unique=True, editable=False)
    number = models.CharField("编号", max_length=30, unique=True)
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="走访人", db_index=False)
    entered_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="登记人")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业", db_index=False)
    region_path = models.CharField(max_length=120, editable=False)
    visited_on = models.DateField("走访日期")
    arrived_at = models.TimeField("到达时间", null=True, blank=True)
    left_at = models.TimeField("离开时间", null=True, blank=True)
    manner = models.CharField("走访方式", max_length=10, choices=Manner.choices, default=Manner.ON_SITE)
    receiver_name = models.CharField("接待人", max_length=40, blank=True)
    receiver_title = models.CharField("接待人职务", max_length=40, blank=True)
    summary = models.TextField("走访情况", blank=True)
    safety = models.TextField("安全与防疫措施", blank=True)
    policies = models.ManyToManyField(Policy, related_name="+", verbose_name="宣讲政策")
    policies_explained = models.TextField("其他宣讲内容", blank=True)
    suggestions = models.TextField("意见建议", blank=True)
    next_contact_on = models.DateField("约定的下次联系", null=True, blank=True)
    next_contact_manner = models.CharField("下次联系方式", max_length=10, choices=Manner.choices, blank=True)
    appeals = models.ManyToManyField(Appeal, related_name="+", verbose_name="提出的诉求")
    follow_ups = models.ManyToManyField(Comment, related_name="+", verbose_name="对以往诉求的跟进")
    begun_at = models.DateTimeField("开始填写时间")
    logged_at = models.DateTimeField("登记时间")

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访"
        ordering = ("-visited_on", "-pk")
        permissions = (("log_visit", "可以登记走访"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(arrived_at=None) | Q(left_at=None) | Q(left_at__gte=F("arrived_at")),
                name="visit_leaves_after_arriving",
            ),
        )
        indexes = (
            models.Index(fields=("enterprise", "-visited_on"), name="visit_of_enterprise"),
            models.Index(fields=("cadre", "-visited_on"), name="visit_of_cadre"),
            models.Index(fields=("region_path",), name="visit_region", opclasses=("varchar_pattern_ops",)),
            models.Index(fields=("-visited_on", "-id"), name="visit_newest"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.enterprise}"

    def get_absolute_url(self) -> str:
        return reverse("visits:detail", args=(self.pk,))

    @property
    def manner_colour(self) -> str:
        return MANNER_COLOURS[self.manner]

    @property
    def next_contact(self) -> str:
        """2026-11-25 电话."""
        if self.next_contact_on is None:
            return ""
        return f"{self.next_contact_on:%Y-%m-%d} {self.get_next_contact_manner_display()}".strip()

    @property
    def explained(self) -> str:
        """Every policy that was explained, those of the library by title. Lists prefetch `policies`."""
        titles = [f"《{policy.title}》" for policy in self.policies.all()]
        return "；".join([*titles, *filter(None, [self.policies_explained.strip()])])

    @property
    def hours(self) -> str:
        """09:10–10:05; 09:10 起 or 至 10:05 where only one is known."""
        if self.arrived_at and self.left_at:
            return f"{self.arrived_at:%H:%M}–{self.left_at:%H:%M}"
        if self.arrived_at:
            return f"{self.arrived_at:%H:%M} 起"
        return f"至 {self.left_at:%H:%M}" if self.left_at else ""


class VisitDraftQuerySet(models.QuerySet["VisitDraft"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own; what a deputy types belongs to the deputy and the principal together, and to neither alone."""
        return self.filter(**signed("cadre", cadre))


class VisitDraft(models.Model):
    """A visit form as far as it is typed; gone when the visit with the same `client_id` is stored."""

    client_id = models.UUIDField(unique=True)
    cadre = DoneBy(Cadre, models.CASCADE, related_name="+")
    enterprise = models.ForeignKey(Enterprise, models.CASCADE, null=True, related_name="+")
    data = models.JSONField(default=dict)
    begun_at = models.DateTimeField("开始时间")
    saved_at = models.DateTimeField("保存时间")

    objects = VisitDraftQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访草稿"
        ordering = ("-saved_at",)

    def __str__(self) -> str:
        return f"{self.cadre} {self.saved_at}"

    def is_of(self, cadre: Cadre) -> bool:
        """Whether this cadre types it, in the same capacity."""
        return (self.cadre_id, self.cadre_deputy_id) == (cadre.pk, cadre.deputy and cadre.deputy.pk)


class VisitPhotoQuerySet(models.QuerySet["VisitPhoto"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Those of visits within the scope, and those of one's own drafts."""
        visits = Visit.objects.visible_to(cadre).values("pk")
        return self.filter(Q(visit__in=visits) | Q(visit=None, **signed("uploaded_by", cadre)))

    def of_form(self, client_id: UUID | str | None) -> Self:
        return self.filter(client_id=client_id, visit=None) if client_id else self.none()


class VisitPhoto(AbstractUpload):
    """A photo of a visit: upright, at most 1600 pixels a side, without its place. `visit` is None while it is a draft.

    It belongs to the form's `client_id`, which draft and visit share; the same photo is in one form once.
    """

    client_id = models.UUIDField(editable=False)
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="photos", verbose_name="走访")

    objects = VisitPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访照片"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("client_id", "sha256"), name="visit_photo_once"),)
