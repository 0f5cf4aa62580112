from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from appeals.models.appeal import Appeal
from appeals.models.history import Event
from enterprises.models import Contact, Enterprise
from workflow.links import SignedLink, SignedLinkQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


class EnterpriseLinkQuerySet(SignedLinkQuerySet):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(enterprise__in=Enterprise.objects.visible_to(cadre).values("pk"))

    def opened_since(self, moment: datetime) -> Self:
        """Links that the enterprise opened at that instant or later."""
        return self.filter(last_opened_at__gte=moment)


class EnterpriseLink(SignedLink):
    """An enterprise's way to its own appeals: their progress, and its word on answers. Its contacts open it."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业")

    objects = EnterpriseLinkQuerySet.as_manager()

    class Meta(SignedLink.Meta):
        verbose_name = verbose_name_plural = "企业链接"
        permissions = (("make_link", "可以生成、撤销企业链接"),)
        indexes = (models.Index(fields=("enterprise", "-id"), name="link_of_enterprise"),)

    def __str__(self) -> str:
        return f"{self.enterprise} 企业链接"


class LinkAnswer(models.Model):
    """Which link took a step, and who was behind it. `sending` makes the same form sent twice one answer."""

    link = models.ForeignKey(EnterpriseLink, models.PROTECT, related_name="answers")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+")
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    sending = models.UUIDField(unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业答复"

    def __str__(self) -> str:
        return str(self.event)
