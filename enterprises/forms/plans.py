from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from cadres.editing import VersionedForm
from cadres.listing import date_input
from enterprises.models import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


class PlanForm(VersionedForm[Plan]):
    """A team's plan. A new one counts as version 0, so that the second of two who begin one is told of the first."""

    class Meta:
        model = Plan
        fields = ("text", "starts_on", "ends_on")
        widgets = {  # noqa: RUF012 -- Django declares it so
            "text": forms.Textarea(attrs={"rows": 10}),
            "starts_on": date_input("起始日期"),
            "ends_on": date_input("完成日期"),
        }
        help_texts = {  # noqa: RUF012
            "text": "目标、难点、措施、分工和时间，最多 2000 字",
            "ends_on": "尚未确定的可不填",
        }

    def write(self, by: Cadre, now: datetime) -> Plan:
        self.instance.written_by, self.instance.written_at = by, now
        if not self.instance.pk:
            self.instance.version = 1
        return self.save()

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        begins, ends = values.get("starts_on"), values.get("ends_on")
        if begins and ends and ends < begins:
            self.add_error("ends_on", "完成日期不能早于起始日期")
        return values
