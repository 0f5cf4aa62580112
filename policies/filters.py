"""The filters of the library of policies and of the ledger of fulfilments; their names are those of every list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from cadres.fields import DepartmentField, RegionField
from cadres.listing import FilterForm
from cadres.models import Department
from enterprises.filters import GroupField, SpecialistField, industry_choices, of_trade
from enterprises.models import Assignment, Campaign, Enterprise
from policies import periods
from policies.models import Fulfilment, Item, Policy
from policies.models.policy import CLOSING_SOON_DAYS
from policies.workflow import OPEN, RECEIVED, UNDECLARED, Status

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from cadres.models import Cadre
    from policies.models import FulfilmentQuerySet
    from policies.models.policy import PolicyQuerySet

ALL: Final = ("", "全部")
DUE: Final = ""
WAITING: Final = "waiting"
RECEIVED_TAB: Final = "received"
ENDED: Final = "ended"
EVERY: Final = "all"
STATUSES: Final = (
    (DUE, "应享未享"),
    (WAITING, "待我办理"),
    (RECEIVED_TAB, "已兑现、已享受"),
    (ENDED, "未享受结束"),
    (EVERY, "全部"),
)
LIGHTS: Final = (("red", "已截止"), ("yellow", f"{CLOSING_SOON_DAYS} 天内截止"), ("green", "申报期内"))
ENDINGS: Final = tuple(sorted(frozenset(Status) - OPEN - RECEIVED))


class PolicyFilter(FilterForm):
    q = forms.CharField(label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "政策名称、文号"}))
    category = forms.ChoiceField(label="类别", choices=[ALL, *Policy.Category.choices])
    level = forms.ChoiceField(label="层级", choices=[ALL, *Policy.Level.choices])
    lead = DepartmentField(label="责任部门", empty_label="全部")
    status = forms.ChoiceField(
        label="状态", choices=[ALL, ("valid", "执行中"), ("ended", "已失效")], widget=forms.HiddenInput
    )

    def limit(self) -> None:
        lead: Any = self.fields["lead"]
        lead.queryset = responsible(self.cadre)

    def narrow(self, queryset: PolicyQuerySet, values: dict[str, Any]) -> PolicyQuerySet:
        today = timezone.localdate()
        if values["q"]:
            queryset = queryset.search(values["q"])
        if values["category"]:
            queryset = queryset.filter(category=values["category"])
        if values["level"]:
            queryset = queryset.filter(level=values["level"])
        if values["lead"]:
            queryset = queryset.filter(pk__in=Item.objects.filter(department=values["lead"]).values("policy"))
        if values["status"] == "valid":
            return queryset.in_force(today)
        return queryset.filter(valid_until__lt=today) if values["status"] == "ended" else queryset


class FulfilmentFilter(FilterForm):
    """Fulfilments; where no status is asked for, what is due and not received (应享未享)."""

    dates = "申报日期"

    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "企业、政策、文号"})
    )
    region = RegionField(label="区域", empty_label="全部")
    status = forms.ChoiceField(label="状态", choices=[*STATUSES, *Status.choices])
    item = forms.ModelChoiceField(Item.objects.none(), label="事项", empty_label="全部")
    lead = DepartmentField(label="责任部门", empty_label="全部")
    light = forms.ChoiceField(label="申报截止", choices=[ALL, *LIGHTS])
    blocked = forms.ChoiceField(label="堵点", choices=[ALL, ("yes", "有堵点"), ("no", "无堵点")])
    category = forms.ChoiceField(label="政策类别", choices=[ALL, *Policy.Category.choices])
    granting = forms.ChoiceField(label="兑现方式", choices=[ALL, *Item.Granting.choices])
    period = forms.CharField(
        label="期次", max_length=12, widget=forms.TextInput(attrs={"placeholder": "如 2026、2026Q3"})
    )
    specialist = SpecialistField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    enterprise = forms.ModelChoiceField(Enterprise.objects.none(), label="企业", widget=forms.HiddenInput)
    policy = forms.ModelChoiceField(Policy.objects.none(), label="政策", widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, cadre: Cadre, now: datetime) -> None:
        self.now = now
        super().__init__(data, cadre=cadre)

    def limit(self) -> None:
        region: Any = self.fields["region"]
        region.limit_to(self.cadre)
        specialist: Any = self.fields["specialist"]
        specialist.cadre = self.cadre
        choices: dict[str, Any] = {
            "item": Item.objects.visible_to(self.cadre).order_by("name", "pk"),
            "lead": responsible(self.cadre),
            "enterprise": Enterprise.objects.visible_to(self.cadre),
            "policy": Policy.objects.visible_to(self.cadre),
            "campaign": Campaign.objects.visible_to(self.cadre),
        }
        group: Any = self.fields["group"]
        group.offer()
        for name, queryset in choices.items():
            field: Any = self.fields[name]
            field.queryset = queryset

    def clean_period(self) -> str:
        text: str = self.cleaned_data["period"]
        try:
            return periods.parse(text) if text else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    @cached_property
    def found(self) -> Q:
        """What the words ask for, looked up once for rows and tabs."""
        return Fulfilment.objects.found_by(self.cleaned_data["q"])

    def narrow(self, queryset: FulfilmentQuerySet, values: dict[str, Any]) -> FulfilmentQuerySet:
        return self.of_status(self.narrow_but_status(queryset, values), values["status"])

    def of_status(self, queryset: FulfilmentQuerySet, status: str) -> FulfilmentQuerySet:
        """What a tab or a status stands for."""
        if status == DUE:
            return queryset.due()
        if status == WAITING:
            return queryset.awaiting(self.cadre)
        groups = {RECEIVED_TAB: sorted(RECEIVED), ENDED: ENDINGS, EVERY: None}
        wanted = groups.get(status, [status])
        return queryset if wanted is None else queryset.of_statuses(wanted)

    def narrow_but_status(self, queryset: FulfilmentQuerySet, values: dict[str, Any]) -> FulfilmentQuerySet:
        queryset = of_trade(queryset, values)
        if values["campaign"]:
            covered = Enterprise.objects.to_be_covered_by(values["campaign"])
            queryset = queryset.filter(enterprise__in=covered.values("pk"))
        if values["q"]:
            queryset = queryset.filter(self.found)
        if values["region"]:
            queryset = queryset.in_region(values["region"])
        for name, lookup in COLUMNS.items():
            if values[name]:
                queryset = queryset.filter(**{lookup: values[name]})
        if values["blocked"]:
            queryset = queryset.blocked() if values["blocked"] == "yes" else queryset.filter(block="")
        if values["specialist"] is not None:
            teams = Assignment.objects.active(timezone.localdate(self.now)).specialists()
            queryset = queryset.filter(enterprise__in=teams.filter(cadre__in=values["specialist"]).values("enterprise"))
        return self._of_light(queryset, values["light"])

    def _of_light(self, queryset: FulfilmentQuerySet, light: str) -> FulfilmentQuerySet:
        today = timezone.localdate(self.now)
        if light == "yellow":
            return queryset.closing_soon(today)
        if light == "red":
            return queryset.filter(status__in=(*UNDECLARED, Status.LAPSED), closes_on__lt=today)
        if light == "green":
            return queryset.filter(status__in=UNDECLARED, closes_on__gt=today + timedelta(days=CLOSING_SOON_DAYS))
        return queryset


COLUMNS: Final = {
    "item": "item",
    "lead": "item__department",
    "category": "item__policy__category",
    "granting": "item__granting",
    "period": "period",
    "enterprise": "enterprise",
    "policy": "item__policy",
    "from": "declared_on__gte",
    "to": "declared_on__lte",
}


def responsible(cadre: Cadre) -> Any:
    """Departments that are responsible for an item the cadre may see."""
    items = Item.objects.visible_to(cadre)
    return Department.objects.filter(pk__in=items.values("department")).select_related("region")
