from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from cadres.masking import masked_name, masked_phone
from enterprises.models.enterprise import Enterprise

if TYPE_CHECKING:
    from cadres.models import Cadre


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(enterprise__in=Enterprise.objects.visible_to(cadre).values("pk"))

    def current(self) -> Self:
        return self.filter(ended_on=None)

    def main(self) -> Self:
        """The one of each enterprise whom one asks first."""
        return self.current().filter(is_main=True)

    def main_first(self) -> Self:
        """Those of today before the former ones, the main one at the top."""
        return self.order_by(models.F("ended_on").desc(nulls_first=True), "-is_main", "pk")


class Contact(models.Model):
    """A person of an enterprise whom officials may ask (联系人). Rows are ended, never deleted.

    Name and number are personal data: pages show `masked_name` and `masked_phone`; showing them in full takes the right
    `unmask_contact` and leaves an audit row (enterprises.contacts.reveal).
    """

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="contacts", verbose_name="企业")
    name = models.CharField("姓名", max_length=60, blank=True)
    position = models.CharField("职务", max_length=60, blank=True)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    is_main = models.BooleanField("主要联系人", default=False)
    note = models.CharField("备注", max_length=200, blank=True)
    ended_on = models.DateField("停用日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联系人"
        ordering = ("pk",)
        permissions = (("unmask_contact", "可以查看完整的联系人信息"),)
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise",), condition=Q(is_main=True, ended_on=None), name="contact_one_main"
            ),
            models.CheckConstraint(
                condition=~Q(name="", phone=""),
                name="contact_has_name_or_phone",
                violation_error_message="请填写联系人姓名或联系电话。",
            ),
        )

    def __str__(self) -> str:
        return self.masked

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)

    @property
    def masked_phone(self) -> str:
        return masked_phone(self.phone)

    @property
    def masked(self) -> str:
        """张* 138****1234."""
        return f"{self.masked_name} {self.masked_phone}".strip()
