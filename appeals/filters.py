"""The filters of the list of appeals and of the supervisor's queue; their names are those of every list."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property

from appeals.models import Appeal, Category, Escalation
from appeals.models.tables import Triage, Urgency
from appeals.workflow import FINAL, Status
from cadres.fields import DepartmentField, RegionField
from cadres.listing import FilterForm
from cadres.models import Department, Region
from enterprises.filters import GroupField, SpecialistField, industry_choices, of_trade
from enterprises.models import Assignment, Campaign, Enterprise

if TYPE_CHECKING:
    from datetime import date

    from django.http import QueryDict

    from appeals.models import AppealQuerySet
    from appeals.models.queries import Found
    from cadres.models import Cadre

ALL: Final = ("", "全部")
WAITING: Final = "waiting"
IN_HAND: Final = "open"
EVERY: Final = "all"
ENDED: Final = "closed"
SUPERVISED: Final = "supervised"
LIGHTS: Final = (("red", "已超期"), ("yellow", "即将到期"), ("green", "时限内"))
LISTED: Final = "listed"
NO_ORDER: Final = "none"
LEVELS: Final = (("4", "四级"), ("3", "三级"), ("2", "二级"), ("1", "一级"), ("0", "未督办"))


class CaseFilter(FilterForm):
    """What the list and the queue have in common."""

    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "标题、企业、编号"})
    )
    region = RegionField(label="区域", empty_label="全部")
    light = forms.ChoiceField(label="时限", choices=[ALL, *LIGHTS])
    level = forms.ChoiceField(label="督办级别", choices=[ALL, *LEVELS])
    lead = DepartmentField(label="主办单位", empty_label="全部")
    category = forms.ModelChoiceField(Category.objects.all(), label="类别", empty_label="全部")
    urgency = forms.ChoiceField(label="紧急程度", choices=[ALL, *Urgency.choices])
    triage = forms.ChoiceField(label="研判", choices=[ALL, *Triage.choices])
    order = forms.ChoiceField(
        label="督办单",
        choices=[ALL, (LISTED, "挂牌督办（红）"), ("yellow", "黄色在办"), ("blue", "蓝色在办"), (NO_ORDER, "没有在办")],
    )
    specialist = SpecialistField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")

    def __init__(self, data: QueryDict, *, cadre: Cadre, now: datetime) -> None:
        self.now = now
        super().__init__(data, cadre=cadre)

    def limit(self) -> None:
        region: Any = self.fields["region"]
        region.limit_to(self.cadre)
        lead: Any = self.fields["lead"]
        lead.queryset = Department.objects.visible_to(self.cadre).filter(handles_appeals=True)
        specialist: Any = self.fields["specialist"]
        specialist.cadre = self.cadre
        campaign: Any = self.fields["campaign"]
        campaign.queryset = Campaign.objects.visible_to(self.cadre)
        group: Any = self.fields["group"]
        group.offer()

    @cached_property
    def found(self) -> Found:
        """What the words ask for, looked up once for rows and tabs."""
        return Appeal.objects.found_by(self.cleaned_data["q"])

    @property
    def goes_through(self) -> bool:
        return bool(self.cleaned_data["q"]) and self.found.is_common

    def narrow(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        if values["q"]:
            queryset = queryset.filter(self.found.condition)
        if values["region"]:
            queryset = in_region(queryset, values["region"])
        if values["light"]:
            queryset = queryset.of_light(values["light"], self.now)
        if values["level"]:
            queryset = queryset.filter(watch__level=values["level"])
        if values["lead"]:
            queryset = queryset.filter(lead=values["lead"])
        for name in ("category", "urgency", "triage"):
            if values[name]:
                queryset = queryset.filter(**{name: values[name]})
        if values["order"]:
            queryset = _with_order(queryset, values["order"])
        return self._of_enterprises(queryset, values)

    def _of_enterprises(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        """By what the enterprise is: by subquery, as everywhere."""
        if values["specialist"] is not None:
            teams = Assignment.objects.active(timezone.localdate(self.now)).specialists()
            queryset = queryset.filter(enterprise__in=teams.filter(cadre__in=values["specialist"]).values("enterprise"))
        queryset = of_trade(queryset, values)
        if values["campaign"]:
            covered = Enterprise.objects.to_be_covered_by(values["campaign"])
            queryset = queryset.filter(enterprise__in=covered.values("pk"))
        return queryset


class AppealFilter(CaseFilter):
    dates = "提出日期"

    status = forms.ChoiceField(
        label="状态",
        choices=[ALL, (WAITING, "待我办理"), (IN_HAND, "在办"), (ENDED, "已结束"), *Status.choices],
        widget=forms.HiddenInput,
    )

    def narrow(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        queryset = self.narrow_but_status(queryset, values)
        if values["status"] == WAITING:
            return queryset.awaiting(self.cadre)
        if values["status"] == IN_HAND:
            return queryset.open()
        if values["status"] == ENDED:
            return queryset.filter(status__in=FINAL)
        return queryset.filter(status=values["status"]) if values["status"] else queryset

    def narrow_but_status(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        queryset = super().narrow(queryset, values)
        if values["from"]:
            queryset = queryset.filter(submitted_at__gte=begin_of(values["from"]))
        if values["to"]:
            queryset = queryset.filter(submitted_at__lt=begin_of(values["to"] + timedelta(days=1)))
        return queryset


class EscalationFilter(CaseFilter):
    """Escalated appeals; dates are those of any rung that was reached."""

    dates = "升级日期"

    status = forms.ChoiceField(
        label="状态",
        choices=[("", "待处理"), (SUPERVISED, "我已督办"), (ENDED, "已办结"), (EVERY, "全部")],
        widget=forms.HiddenInput,
    )

    def narrow(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        queryset = self.narrow_but_status(queryset, values)
        if values["status"] == EVERY:
            return queryset
        if values["status"] == ENDED:
            return queryset.unwatched()
        return queryset.watched().supervised_by(self.cadre) if values["status"] == SUPERVISED else queryset.watched()

    def narrow_but_status(self, queryset: AppealQuerySet, values: dict[str, Any]) -> AppealQuerySet:
        queryset = super().narrow(queryset, values)
        if not (values["from"] or values["to"]):
            return queryset
        rungs = Escalation.objects.filter(level__gt=0)
        if values["from"]:
            rungs = rungs.filter(at__gte=begin_of(values["from"]))
        if values["to"]:
            rungs = rungs.filter(at__lt=begin_of(values["to"] + timedelta(days=1)))
        return queryset.filter(pk__in=rungs.values("appeal"))


def _with_order(queryset: AppealQuerySet, wanted: str) -> AppealQuerySet:
    """By the supervision order in force."""
    if wanted == LISTED:
        return queryset.listed()
    if wanted == NO_ORDER:
        return queryset.exclude(pk__in=queryset.model.objects.with_order().values("pk"))
    return queryset.with_order(wanted)


def in_region(queryset: AppealQuerySet, region: Region) -> AppealQuerySet:
    """Registered in the region or below it; for a park, of the enterprises that are in it today."""
    if region.kind == Region.Kind.PARK:
        return queryset.filter(enterprise__in=Enterprise.objects.in_region(region).values("pk"))
    return queryset.filter(region_path__startswith=region.path)


def begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
