"""Filters of the bulletins' list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import timezone

from cadres.fields import RegionField
from cadres.listing import FilterForm, date_input
from enterprises.models import Campaign
from reports.indicators import CASES, TO_BE_COVERED, Indicator, Scope, Weighed, midnight

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from cadres.models import Cadre, Region
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


class ScopeFilter(FilterForm):
    """Of what the figures speak; by default of the cadre's own region, of today, and of what ran since the month began.

    The period is that of visits and cases, the campaign that of coverage.
    """

    day = forms.DateField(label="日期", widget=date_input("日期"))
    region = RegionField(label="区域", empty_label="本辖区")
    since = forms.DateField(label="期间自", widget=date_input("走访覆盖率、按时办结率的起始日期"))
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部进行中的")

    def __init__(self, data: QueryDict, *, cadre: Cadre) -> None:
        shown = data.copy()
        if "day" not in shown:
            shown["day"] = timezone.localdate().isoformat()
        super().__init__(shown, cadre=cadre)

    def limit(self) -> None:
        self.fields["region"].limit_to(self.cadre)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.visible_to(self.cadre)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        today = timezone.localdate()
        day, since = values.get("day") or today, values.get("since")
        if day > today:
            self.add_error("day", "这一天还没有到")
        if since and since > day:
            self.add_error("since", "起始日期晚于统计日期")
        return values

    def scope(self, now: datetime) -> Scope:
        """Once the form is valid."""
        values = self.cleaned_data
        region: Region | None = values["region"] or self.cadre.region
        if region is None:
            raise ValueError("somebody without a region looks at figures")
        day = values["day"] or timezone.localdate(now)
        since = midnight(values["since"] or day.replace(day=1))
        return Scope(region, day, now, since=since, campaign=values["campaign"])


class RowsFilter(ScopeFilter):
    """Which rows of a figure: those above the line or those below it."""

    part = forms.ChoiceField(label="范围", choices=[("denominator", ""), ("numerator", "")], widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, cadre: Cadre, indicator: Indicator | Weighed, now: datetime) -> None:
        self.indicator, self.now = indicator, now
        super().__init__(data, cadre=cadre)
        # What says nothing of this indicator is only kept for the way back.
        if indicator.population not in {CASES, TO_BE_COVERED}:
            self.fields["since"].widget = forms.HiddenInput()
        if indicator.population is not TO_BE_COVERED:
            self.fields["campaign"].widget = forms.HiddenInput()

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        """The rows of the figure; whichever region was chosen lies in the cadre's own."""
        return self.indicator.rows(self.scope(self.now), above=values["part"] == "numerator")
