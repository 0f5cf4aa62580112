"""Filters of the bulletins' list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from cadres.fields import RegionField
from cadres.listing import FilterForm

if TYPE_CHECKING:
    from reports.models.briefings import BriefingQuerySet

DRAFT, SIGNED = "draft", "signed"
STATES: Final = (("", "全部"), (DRAFT, "草稿"), (SIGNED, "已签发"))


class BriefingFilter(FilterForm):
    dates = "日期"

    status = forms.ChoiceField(label="状态", choices=STATES, widget=forms.HiddenInput)
    region = RegionField(label="区域", empty_label="全部")

    def limit(self) -> None:
        self.fields["region"].limit_to(self.cadre, parks=False)  # type: ignore[attr-defined]

    def narrow(self, queryset: BriefingQuerySet, values: dict[str, Any]) -> BriefingQuerySet:
        if values["status"]:
            queryset = queryset.signed() if values["status"] == SIGNED else queryset.drafts()
        if values["region"]:
            queryset = queryset.filter(region__path__startswith=values["region"].path)
        if values["from"]:
            queryset = queryset.filter(day__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(day__lte=values["to"])
        return queryset
