from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from cadres.fields import CadreWordsField, RegionField
from cadres.listing import FilterForm
from enterprises.filters import GroupField, industry_choices, of_trade
from enterprises.models import Campaign
from visits.models import Visit

if TYPE_CHECKING:
    from visits.models import VisitQuerySet

ALL: Final = ("", "全部")


class VisitFilter(FilterForm):
    dates = "走访日期"

    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "企业名称、首字母、代码、编号"})
    )
    region = RegionField(label="区域", empty_label="全部")
    manner = forms.ChoiceField(label="走访方式", choices=[ALL, *Visit.Manner.choices])
    specialist = CadreWordsField(
        label="走访人", max_length=60, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()

    def limit(self) -> None:
        region: Any = self.fields["region"]
        region.limit_to(self.cadre)
        campaign: Any = self.fields["campaign"]
        campaign.queryset = Campaign.objects.visible_to(self.cadre)
        group: Any = self.fields["group"]
        group.offer()

    def narrow(self, queryset: VisitQuerySet, values: dict[str, Any]) -> VisitQuerySet:
        queryset = of_trade(queryset, values)
        if values["q"]:
            queryset = queryset.search(values["q"])
        if values["region"]:
            queryset = queryset.in_region(values["region"])
        if values["manner"]:
            queryset = queryset.filter(manner=values["manner"])
        if values["specialist"] is not None:
            queryset = queryset.filter(cadre__in=values["specialist"])
        if values["campaign"]:
            queryset = queryset.of_campaign(values["campaign"])
        if values["from"]:
            queryset = queryset.filter(visited_on__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(visited_on__lte=values["to"])
        return queryset
