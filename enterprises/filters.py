"""The filters of the lists; their names are those of every list of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from cadres.fields import CadreWordsField, DepartmentField, RegionField
from cadres.listing import FilterForm, date_input
from cadres.models import Cadre, Department, Region
from cadres.search import keys, normalise
from enterprises.models import Assignment, Campaign, Enterprise, OperatingStatus
from enterprises.rules import industries

if TYPE_CHECKING:
    from datetime import date

    from enterprises.models import EnterpriseQuerySet
    from enterprises.models.assignments import AssignmentQuerySet

ALL: Final = ("", "全部")
UNKNOWN: Final = "unknown"
UNREPORTED: Final = "unreported"
GROUPS_SHOWN: Final = 100
ABOUT_ENTERPRISES: Final = ("q", "region", "category", "industry", "group")
# Filters that ask for one value of a column.
PLAIN: Final = {
    "kind": "kind",
    "stage": "stage",
    "project_level": "project_level",
    "construction": "construction",
    "lead": "responsible",
    "status": "state",
}


def keyword() -> forms.CharField:
    hint = forms.TextInput(attrs={"placeholder": "名称、拼音首字母、信用代码"})
    return forms.CharField(label="企业", max_length=60, widget=hint)


class SpecialistField(CadreWordsField):
    """Words that name specialists whom the reader may know of; naming nobody is refused."""

    cadre: Cadre

    def known(self) -> QuerySet[Cadre]:
        rows = Assignment.objects.visible_to(self.cadre).specialists()
        named: QuerySet[Cadre] = Cadre.objects.filter(pk__in=rows.values("cadre"))
        return named

    def clean(self, value: Any) -> list[int] | None:
        found = super().clean(value)
        if found == []:
            raise forms.ValidationError(f"没有找到“{normalise(value)[:30]}”这位专员")
        return found


def industry_choices() -> list[tuple[str, Any]]:
    """Each section of the classification as a group that begins with the whole section."""
    groups = [(title, [(title[0], f"{title[2:]}（全部）"), *divisions]) for title, divisions in industries.choices()]
    return [ALL, *groups]


class GroupField(forms.ChoiceField):
    """A local industry group (行业分组), of those that are in use."""

    def __init__(self) -> None:
        super().__init__(label="行业分组")

    def offer(self) -> None:
        """One query."""
        named = Enterprise.objects.industry_groups(most=GROUPS_SHOWN)
        self.choices = [ALL, *((name, name) for name in named)]


class EnterpriseFilter(FilterForm):
    dates = "上次走访"

    q = keyword()
    region = RegionField(label="区域", empty_label="全部")
    category = forms.ChoiceField(label="统计类别", choices=[ALL, *Enterprise.Category.choices])
    size = forms.ChoiceField(label="规模", choices=[ALL, *Enterprise.Size.choices, (UNKNOWN, "未定")])
    status = forms.ChoiceField(label="经营状态", choices=[ALL, *Enterprise.State.choices])
    specialist = SpecialistField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    covered = forms.ChoiceField(label="包联", choices=[ALL, ("yes", "已有专员"), ("no", "没有专员")])
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    light = forms.ChoiceField(label="走访频次", choices=[ALL, ("red", "已逾期")])
    kind = forms.ChoiceField(label="主体类型", choices=[ALL, *Enterprise.Kind.choices])
    stage = forms.ChoiceField(label="项目阶段", choices=[ALL, *Enterprise.Stage.choices])
    project_level = forms.ChoiceField(label="项目级别", choices=[ALL, *Enterprise.ProjectLevel.choices])
    construction = forms.ChoiceField(label="建设性质", choices=[ALL, *Enterprise.Construction.choices])
    lead = DepartmentField(label="责任部门", empty_label="全部")
    key_list = forms.ChoiceField(label="重点名单", choices=[ALL, *Enterprise.KeyList.choices])
    tag = forms.CharField(label="标签", max_length=20)
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()

    def limit(self) -> None:
        _limit(self)
        seen = Enterprise.objects.visible_to(self.cadre).exclude(responsible=None)
        self.fields["lead"].queryset = Department.objects.filter(pk__in=seen.values("responsible"))  # type: ignore[attr-defined]

    def narrow(self, queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
        queryset = narrow_enterprises(queryset, values)
        for name, column in PLAIN.items():
            if values[name]:
                queryset = queryset.filter(**{column: values[name]})
        if values["key_list"]:
            queryset = queryset.filter(key_lists__contains=[values["key_list"]])
        if tag := normalise(values["tag"]):
            queryset = queryset.filter(tags__contains=[tag])
        if values["from"]:
            queryset = queryset.filter(last_contact_on__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(last_contact_on__lte=values["to"])
        return self._by_team(queryset, values)

    def _by_team(self, queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
        today = timezone.localdate()
        if values["specialist"] is not None:
            rows = Assignment.objects.active(today).specialists().filter(cadre__in=values["specialist"])
            queryset = queryset.filter(pk__in=rows.values("enterprise"))
        if values["campaign"]:
            queryset = queryset.to_be_covered_by(values["campaign"])
        if values["light"]:
            queryset = queryset.filter(pk__in=self._overdue(values, today).values("enterprise"))
        if values["covered"] == "yes":
            queryset = queryset.with_specialist(today, values["campaign"])
        if values["covered"] == "no":
            queryset = queryset.without_specialist(today, values["campaign"])
        return queryset

    def _overdue(self, values: dict[str, Any], today: date) -> AssignmentQuerySet:
        """Whose frequency is not kept: in the campaign, by the specialist that are asked for, or any."""
        rows = Assignment.objects.specialists().with_contact_due(today).overdue(today)
        if values["campaign"]:
            rows = rows.filter(campaign=values["campaign"])
        return rows if values["specialist"] is None else rows.filter(cadre__in=values["specialist"])


class UncoveredFilter(FilterForm):
    """Which of the enterprises that one campaign is to cover; the view puts a campaign where none is asked for."""

    filled_in = frozenset({"campaign"})

    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label=None)
    q = keyword()
    region = RegionField(label="区域", empty_label="全部")
    category = forms.ChoiceField(label="统计类别", choices=[ALL, *Enterprise.Category.choices])
    size = forms.ChoiceField(label="规模", choices=[ALL, *Enterprise.Size.choices, (UNKNOWN, "未定")])
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()

    def limit(self) -> None:
        _limit(self)

    def narrow(self, queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
        if values["campaign"] is None:
            return queryset.none()
        queryset = narrow_enterprises(queryset, values).to_be_covered_by(values["campaign"])
        return queryset.without_specialist(timezone.localdate(), values["campaign"])


class AssignmentFilter(FilterForm):
    """Assignments of specialists, today's where no status is asked for."""

    dates = "起始日期"

    q = keyword()
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    region = RegionField(label="区域", empty_label="全部")
    specialist = SpecialistField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    status = forms.ChoiceField(
        label="包联状态", choices=[("active", "在任"), ("planned", "未开始"), ("ended", "已结束"), ("all", "全部")]
    )
    light = forms.ChoiceField(label="走访频次", choices=[ALL, ("red", "已逾期"), ("visited", "本月已走访")])
    category = forms.ChoiceField(label="统计类别", choices=[ALL, *Enterprise.Category.choices])
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()

    def limit(self) -> None:
        _limit(self)

    def narrow(self, queryset: AssignmentQuerySet, values: dict[str, Any]) -> AssignmentQuerySet:
        today = timezone.localdate()
        if any(values[name] for name in ABOUT_ENTERPRISES):
            enterprises = narrow_enterprises(Enterprise.objects.all(), values)
            queryset = queryset.filter(enterprise__in=enterprises.values("pk"))
        if values["campaign"]:
            queryset = queryset.filter(campaign=values["campaign"])
        if values["specialist"] is not None:
            queryset = queryset.filter(cadre__in=values["specialist"])
        if values["light"] == "red":
            queryset = queryset.overdue(today)
        if values["light"] == "visited":
            queryset = queryset.visited_in_month_of(today)
        if values["from"]:
            queryset = queryset.filter(starts_on__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(starts_on__lte=values["to"])
        if values["status"] == "planned":
            return queryset.planned(today)
        if values["status"] == "ended":
            return queryset.ended(today)
        return queryset if values["status"] == "all" else queryset.active(today)


class WorkloadFilter(FilterForm):
    """Specialists by what they answer for; the rows come from workload.with_load(), which reads the campaign."""

    specialist = CadreWordsField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )
    region = RegionField(label="单位区域", empty_label="全部")
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    light = forms.ChoiceField(
        label="情况", choices=[ALL, ("red", "有逾期的"), ("busy", "有包联的"), ("idle", "没有包联的")]
    )

    def limit(self) -> None:
        _limit(self)

    def narrow(self, queryset: QuerySet[Cadre], values: dict[str, Any]) -> QuerySet[Cadre]:
        if values["specialist"] is not None:
            queryset = queryset.filter(pk__in=values["specialist"])
        if values["region"]:
            queryset = queryset.filter(department__region__path__startswith=values["region"].path)
        if values["light"] == "red":
            return queryset.filter(Q(overdue__gt=0))
        if values["light"] == "idle":
            return queryset.filter(Q(total=0))
        return queryset.filter(Q(total__gt=0)) if values["light"] == "busy" else queryset


class StatusFilter(FilterForm):
    """Enterprises by what was reported of them for one day; `status` is set by the tabs."""

    filled_in = frozenset({"day"})

    day = forms.DateField(label="日期", widget=date_input("日期"))
    q = keyword()
    region = RegionField(label="区域", empty_label="全部")
    category = forms.ChoiceField(label="统计类别", choices=[ALL, *Enterprise.Category.choices])
    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label="全部")
    status = forms.ChoiceField(
        label="复工状态",
        choices=[ALL, *OperatingStatus.State.choices, (UNREPORTED, "未报")],
        widget=forms.HiddenInput,
    )
    industry = forms.ChoiceField(label="行业", choices=industry_choices)
    group = GroupField()
    specialist = SpecialistField(
        label="专员", max_length=40, widget=forms.TextInput(attrs={"placeholder": "姓名、拼音首字母"})
    )

    def limit(self) -> None:
        _limit(self)

    @property
    def shown_day(self) -> date:
        """The day that is shown, today where none is asked for."""
        asked = self.cleaned_data.get("day") if self.is_valid() else None
        return asked or timezone.localdate()

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("不能晚于今天")
        return day

    def narrow(self, queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
        queryset = self.narrow_but_status(queryset, values)
        if values["status"] == UNREPORTED:
            return queryset.unreported_on(self.shown_day)
        return queryset.reported_on(self.shown_day, values["status"]) if values["status"] else queryset

    def narrow_but_status(self, queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
        queryset = narrow_enterprises(queryset, values)
        if values["specialist"] is not None:
            teams = Assignment.objects.active(timezone.localdate()).specialists()
            queryset = queryset.filter(pk__in=teams.filter(cadre__in=values["specialist"]).values("enterprise"))
        return queryset.to_be_covered_by(values["campaign"]) if values["campaign"] else queryset


class CampaignFilter(FilterForm):
    q = forms.CharField(label="名称", max_length=60)
    status = forms.ChoiceField(
        label="状态", choices=[ALL, ("running", "进行中"), ("planned", "未开始"), ("ended", "已结束")]
    )

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        today = timezone.localdate()
        if values["q"]:
            queryset = queryset.filter(name__icontains=normalise(values["q"]))
        if values["status"] == "running":
            return queryset.running(today)
        if values["status"] == "planned":
            return queryset.filter(starts_on__gt=today)
        if values["status"] == "ended":
            return queryset.filter(ends_on__lt=today)
        return queryset


def narrow_enterprises(queryset: EnterpriseQuerySet, values: dict[str, Any]) -> EnterpriseQuerySet:
    """The filters about the enterprise itself, as far as the list has them."""
    if values.get("q"):
        few = keys(Enterprise.objects.search(values["q"]))  # once for the rows and for their number
        queryset = queryset.filter(pk__in=few) if isinstance(few, list) else queryset.search(values["q"])
    if values.get("region"):
        queryset = queryset.in_region(values["region"])
    if values.get("category"):
        queryset = queryset.filter(category=values["category"])
    if values.get("size"):
        queryset = queryset.filter(size="" if values["size"] == UNKNOWN else values["size"])
    return queryset.filter(**_trade(values))


def of_trade(queryset: Any, values: dict[str, Any]) -> Any:
    """Rows of any list about enterprises of the industry and of the local group that are asked for; by subquery."""
    trade = _trade(values)
    return queryset.filter(enterprise__in=Enterprise.objects.filter(**trade).values("pk")) if trade else queryset


def _trade(values: dict[str, Any]) -> dict[str, str]:
    asked = {"industry__startswith": values.get("industry"), "industry_group": values.get("group")}
    return {lookup: value for lookup, value in asked.items() if value}


def _limit(form: FilterForm) -> None:
    """Cut regions, campaigns and specialists to the reader's scope."""
    region: Any = form.fields["region"]
    region.limit_to(form.cadre)
    # A park may reach into several districts; each sees its own part of it.
    region.queryset |= Region.objects.filter(kind=Region.Kind.PARK)
    campaign: Any = form.fields["campaign"]
    campaign.queryset = Campaign.objects.visible_to(form.cadre)
    specialist, group = form.fields.get("specialist"), form.fields.get("group")
    if isinstance(specialist, SpecialistField):
        specialist.cadre = form.cadre
    if isinstance(group, GroupField):
        group.offer()
