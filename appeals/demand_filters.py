"""The filters of the lists of supervision orders and of instructions; their names are those of every list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q

from appeals.demand_workflow import IN_FORCE, State
from appeals.filters import ALL, ENDED, LIGHTS, WAITING, begin_of, in_region
from appeals.models import Appeal, Category, Instruction
from appeals.models.demands import D
from appeals.models.tables import Urgency
from cadres.fields import DepartmentField, RegionField
from cadres.listing import FilterForm
from cadres.models import Cadre, Department
from cadres.roles import Role
from workflow.models import OrderColour

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import QueryDict

    from appeals.models.demands import DemandQuerySet

OWED_TAB: Final = "owed"
COLOURS: Final = [(colour.value, f"{colour.label}色") for colour in OrderColour]


class DemandFilter(FilterForm):
    """What both lists have in common; a subclass names the states and adds what its kind alone has."""

    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "编号、标题、企业"})
    )
    region = RegionField(label="区域", empty_label="全部")
    light = forms.ChoiceField(label="反馈时限", choices=[ALL, *LIGHTS])
    lead = DepartmentField(label="反馈单位", empty_label="全部")
    category = forms.ModelChoiceField(Category.objects.all(), label="类别", empty_label="全部")
    urgency = forms.ChoiceField(label="紧急程度", choices=[ALL, *Urgency.choices])

    def __init__(self, data: QueryDict, *, cadre: Cadre, now: datetime) -> None:
        self.now = now
        self._found: Q | None = None
        super().__init__(data, cadre=cadre)

    def limit(self) -> None:
        region: Any = self.fields["region"]
        region.limit_to(self.cadre)
        lead: Any = self.fields["lead"]
        lead.queryset = Department.objects.visible_to(self.cadre).filter(handles_appeals=True)

    def narrow(self, queryset: DemandQuerySet[D], values: dict[str, Any]) -> DemandQuerySet[D]:
        queryset, status = self.narrow_but_status(queryset, values), values["status"]
        if status == WAITING:
            return queryset.awaiting(self.cadre)
        if status == OWED_TAB:
            return queryset.owed()
        if status == ENDED:
            return queryset.exclude(status__in=IN_FORCE)
        return queryset.filter(status=status) if status else queryset

    def narrow_but_status(self, queryset: DemandQuerySet[D], values: dict[str, Any]) -> DemandQuerySet[D]:
        if values["q"]:
            if self._found is None:  # looked up once for rows and tabs
                self._found = queryset.found_by(values["q"])
            queryset = queryset.filter(self._found)
        if values["region"]:
            queryset = queryset.filter(appeal__in=in_region(Appeal.objects.all(), values["region"]).values("pk"))
        if values["light"]:
            queryset = queryset.of_light(values["light"], self.now)
        if values["lead"]:
            queryset = queryset.filter(answering=values["lead"])
        for name in ("category", "urgency"):
            if values[name]:
                queryset = queryset.filter(**{f"appeal__{name}": values[name]})
        if values["from"]:
            queryset = queryset.filter(issued_at__gte=begin_of(values["from"]))
        if values["to"]:
            queryset = queryset.filter(issued_at__lt=begin_of(values["to"] + timedelta(days=1)))
        return queryset


def status_field(states: Iterable[State]) -> forms.ChoiceField:
    """The tabs of a list, and every state of the demands in it."""
    tabs = [ALL, (WAITING, "待我办理"), (OWED_TAB, "待反馈"), (ENDED, "已办结")]
    return forms.ChoiceField(
        label="状态", choices=[*tabs, *((one.value, one.label) for one in states)], widget=forms.HiddenInput
    )


class OrderFilter(DemandFilter):
    dates = "下达日期"

    status = status_field(State)
    colour = forms.ChoiceField(label="颜色", choices=[ALL, *COLOURS])

    field_order = ("q", "region", "colour")

    def narrow_but_status(self, queryset: DemandQuerySet[D], values: dict[str, Any]) -> DemandQuerySet[D]:
        queryset = super().narrow_but_status(queryset, values)
        return queryset.filter(colour=values["colour"]) if values["colour"] else queryset


class InstructionFilter(DemandFilter):
    dates = "批示日期"

    status = status_field(state for state in State if state != State.RAISED)
    leader = forms.ModelChoiceField(Cadre.objects.none(), label="批示领导", empty_label="全部")

    field_order = ("q", "region", "leader")

    def limit(self) -> None:
        super().limit()
        seen = Instruction.objects.visible_to(self.cadre).order_by().values("leader")
        leader: Any = self.fields["leader"]
        own = Q(pk=self.cadre.pk) if self.cadre.holds(Role.LEADER) else Q(pk__in=())
        leader.queryset = Cadre.objects.filter(Q(pk__in=seen) | own).order_by("name")

    def narrow_but_status(self, queryset: DemandQuerySet[D], values: dict[str, Any]) -> DemandQuerySet[D]:
        queryset = super().narrow_but_status(queryset, values)
        return queryset.filter(leader=values["leader"]) if values["leader"] else queryset
