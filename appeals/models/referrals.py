"""Leads that a supervisor hands over to discipline (移交), with their own history, apart from the case's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from appeals.models.appeal import Appeal
from appeals.referral_workflow import REFERRAL_STEPS, STATE_COLOURS, State
from cadres.models import AbstractUpload, Cadre, Department, DoneBy
from cadres.roles import Role
from cadres.search import normalise
from workflow import protection
from workflow.models import AbstractEvent

if TYPE_CHECKING:
    from datetime import datetime


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """For who handed it over, and for the discipline inspectors of the department that it was handed to."""
        mine = Q(handed_by=cadre)
        if cadre.holds(Role.DISCIPLINE) and cadre.department_id:
            mine |= Q(addressed_to=cadre.department_id)
        return self.filter(mine)

    def handled_by(self, cadre: Cadre) -> Self:
        """Those that the cadre, as an inspector, accepts and concludes."""
        if not cadre.holds(Role.DISCIPLINE) or not cadre.department_id:
            return self.none()
        return self.filter(addressed_to=cadre.department_id)

    def open(self) -> Self:
        return self.exclude(status=State.CONCLUDED)

    def search(self, text: str) -> Self:
        """By its own number, or by what finds its case."""
        return self.filter(self.found_by(text))

    def found_by(self, text: str) -> Q:
        """The condition of search(). Two queries when it is made, none when it is applied."""
        found = Q(appeal__in=Appeal.objects.search(text).values("pk"))
        plain = normalise(text).upper()
        return found | Q(number__contains=plain) if plain.isascii() else found


class Referral(models.Model):
    """A lead: what is suspected about a case, on which grounds, handed over by a supervisor to discipline.

    Confidential: neither it nor what became of it is part of the case's own history, of a ledger or of a mail. Its
    status changes only through appeals.referring.
    """

    class Finding(models.TextChoices):
        PROVED = "proved", "查实"
        PARTLY = "partly", "部分查实"
        DISPROVED = "disproved", "未查实"
        PASSED = "passed", "转其他机关处理"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="referrals", verbose_name="诉求", editable=False)
    number = models.CharField("线索编号", max_length=30, unique=True, editable=False)
    addressed_to = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="移交给")
    suspected = models.TextField("涉嫌问题", max_length=500)
    grounds = models.TextField("依据", max_length=1000)
    handed_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="移交人")
    handed_at = models.DateTimeField("移交时间")
    status = models.CharField("状态", max_length=10, choices=State.choices, default=State.HANDED)
    finding = models.CharField("核查结果", max_length=10, choices=Finding.choices, blank=True)
    conclusion = models.TextField("了结情况", max_length=1000, blank=True)
    concluded_at = models.DateTimeField("了结时间", null=True)
    # Made by the form: sent twice, it is handed over once.
    client_id = models.UUIDField(editable=False)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "移交线索"
        ordering = ("-pk",)
        permissions = (
            ("hand_over", "可以向纪检移交线索"),
            ("handle_referral", "可以受理、了结移交的线索"),
        )
        constraints = (
            models.UniqueConstraint(fields=("handed_by", "client_id"), name="referral_once_per_sending"),
            models.CheckConstraint(
                condition=~Q(status=State.CONCLUDED) & Q(finding="", conclusion="", concluded_at=None)
                | Q(status=State.CONCLUDED, concluded_at__isnull=False) & ~Q(finding="") & ~Q(conclusion=""),
                name="referral_concluded_says_how",
            ),
        )
        indexes = (models.Index(fields=("addressed_to", "status"), name="referral_of_unit"),)
        triggers = (
            *protection.guards_of_subject(REFERRAL_STEPS, "appeals_referralevent", "referral_id"),
            pgtrigger.Protect(name="referrals_stay", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("appeals:referral", args=(self.pk,))

    @property
    def state_label(self) -> str:
        return State(self.status).label

    @property
    def state_colour(self) -> str:
        return STATE_COLOURS[State(self.status)]

    def days_open(self, now: datetime) -> int:
        """Days of the calendar since it was handed over, until it was concluded."""
        return ((self.concluded_at or now) - self.handed_at).days


class ReferralEvent(AbstractEvent):
    """One step taken on a lead; its history, which nobody can change."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="events")

    class Meta(AbstractEvent.Meta):
        verbose_name = verbose_name_plural = "线索办理记录"
        indexes = (models.Index(fields=("referral", "txid"), name="event_of_referral"),)
        triggers = protection.guards_of_event(REFERRAL_STEPS)

    def __str__(self) -> str:
        return f"{self.label} {self.at}"

    @property
    def label(self) -> str:
        return REFERRAL_STEPS[self.step].label


class ReferralFileQuerySet(models.QuerySet["ReferralFile"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(referral__in=Referral.objects.visible_to(cadre).values("pk"))


class ReferralFile(AbstractUpload):
    """Evidence that came with a lead, or with its conclusion."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="files", verbose_name="线索")

    objects = ReferralFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "线索附件"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("referral", "sha256"), name="referral_file_once"),)
