"""The filters of the list of supervision orders; their names are those of every list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms

from appeals.filters import ALL, ENDED, LIGHTS, WAITING, begin_of, in_region
from appeals.models import Appeal, Category
from appeals.models.tables import Urgency
from appeals.order_workflow import IN_FORCE, OWED, State
from cadres.fields import RegionField
from cadres.listing import FilterForm
from cadres.models import Department
from workflow.models import OrderColour

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from appeals.models.orders import OrderQuerySet
    from cadres.models import Cadre

OWED_TAB: Final = "owed"
COLOURS: Final = [(colour.value, f"{colour.label}色") for colour in OrderColour]


class OrderFilter(FilterForm):
    dates = "下达日期"

    status = forms.ChoiceField(
        label="状态",
        choices=[ALL, (WAITING, "待我办理"), (OWED_TAB, "待反馈"), (ENDED, "已办结"), *State.choices],
        widget=forms.HiddenInput,
    )
    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "督办单号、标题、企业"})
    )
    region = RegionField(label="区域", empty_label="全部")
    colour = forms.ChoiceField(label="颜色", choices=[ALL, *COLOURS])
    light = forms.ChoiceField(label="反馈时限", choices=[ALL, *LIGHTS])
    lead = forms.ModelChoiceField(Department.objects.none(), label="主办单位", empty_label="全部")
    category = forms.ModelChoiceField(Category.objects.all(), label="类别", empty_label="全部")
    urgency = forms.ChoiceField(label="紧急程度", choices=[ALL, *Urgency.choices])

    def __init__(self, data: QueryDict, *, cadre: Cadre, now: datetime) -> None:
        self.now = now
        super().__init__(data, cadre=cadre)

    def limit(self) -> None:
        region: Any = self.fields["region"]
        region.limit_to(self.cadre)
        lead: Any = self.fields["lead"]
        lead.queryset = Department.objects.visible_to(self.cadre).filter(handles_appeals=True)

    def narrow(self, queryset: OrderQuerySet, values: dict[str, Any]) -> OrderQuerySet:
        queryset, status = self.narrow_but_status(queryset, values), values["status"]
        if status == WAITING:
            return queryset.filter(pk__in=queryset.model.objects.awaiting(self.cadre).values("pk"))
        if status == OWED_TAB:
            return queryset.filter(status__in=OWED)
        if status == ENDED:
            return queryset.exclude(status__in=IN_FORCE)
        return queryset.filter(status=status) if status else queryset

    def narrow_but_status(self, queryset: OrderQuerySet, values: dict[str, Any]) -> OrderQuerySet:
        if values["q"]:
            queryset = queryset.search(values["q"])
        if values["region"]:
            queryset = queryset.filter(appeal__in=in_region(Appeal.objects.all(), values["region"]).values("pk"))
        if values["colour"]:
            queryset = queryset.filter(colour=values["colour"])
        if values["light"]:
            queryset = queryset.of_light(values["light"], self.now)
        if values["lead"]:
            queryset = queryset.filter(answering=values["lead"])
        for name in ("category", "urgency"):
            if values[name]:
                queryset = queryset.filter(**{f"appeal__{name}": values[name]})
        return self._issued(queryset, values)

    def _issued(self, queryset: OrderQuerySet, values: dict[str, Any]) -> OrderQuerySet:
        if values["from"]:
            queryset = queryset.filter(issued_at__gte=begin_of(values["from"]))
        if values["to"]:
            queryset = queryset.filter(issued_at__lt=begin_of(values["to"] + timedelta(days=1)))
        return queryset
