from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models

from cadres.models import Cadre, DoneBy, Region
from enterprises.models.enterprise import Enterprise

if TYPE_CHECKING:
    from collections.abc import Sequence


class Relocation(models.Model):
    """One move of an enterprise (迁址): from where to where, since when, why. Append-only by trigger."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="relocations", verbose_name="企业")
    from_region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="原区域")
    from_address = models.CharField("原地址", max_length=300, blank=True)
    to_region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="迁往区域")
    to_address = models.CharField("新地址", max_length=300, blank=True)
    moved_on = models.DateField("迁入日期")
    reason = models.CharField("迁址原因", max_length=200)
    consequences = models.CharField("随迁事项", max_length=300, blank=True)
    by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    at = models.DateTimeField("办理时间")

    class Meta:
        verbose_name = verbose_name_plural = "迁址记录"
        ordering = ("-moved_on", "-pk")
        triggers: Sequence[pgtrigger.Trigger] = (
            pgtrigger.Protect(name="relocation_stays", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.from_region} → {self.to_region}"
