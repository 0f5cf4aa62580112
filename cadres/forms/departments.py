from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Q

from cadres.editing import VersionedForm
from cadres.forms.regions import RegionChoice
from cadres.listing import date_input
from cadres.models import Cadre, Department, Region

if TYPE_CHECKING:
    from django.db.models import QuerySet


class CadreChoice(forms.ModelChoiceField[Cadre]):
    """A cadre with their department: 李明（市人社局）."""

    def label_from_instance(self, obj: Cadre) -> str:
        return f"{obj.name}（{obj.department}）" if obj.department else obj.name


class DepartmentChoice(forms.ModelChoiceField[Department]):
    """A department with its region: 澜北区 · 人社局."""

    def label_from_instance(self, obj: Department) -> str:
        return f"{obj.region} · {obj.name}"


class DepartmentFields(VersionedForm[Department]):
    """What is asked of a department, new or not."""

    leader_in_charge = CadreChoice(Cadre.objects.none(), label="分管领导", required=False, empty_label="未定")
    parent = DepartmentChoice(Department.objects.none(), label="上级单位", required=False, empty_label="无")

    halves = frozenset(
        {"kind", "parent", "leader_in_charge", "duty_officer", "duty_phone", "valid_from", "valid_until"}
    )

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre
        self._offer("parent", Department.objects.administered_by(cadre).current().select_related("region"))
        region = self.instance.region if self.instance.pk else cadre.region
        self._offer("leader_in_charge", _leaders(region))

    def clean_name(self) -> str:
        """The constraint looks at departments in use, so a form without an end date would not see it."""
        name: str = self.cleaned_data["name"]
        region = self.instance.region_id if self.instance.pk else self.data.get("region")
        namesakes = Department.objects.filter(valid_until=None, name=name).exclude(pk=self.instance.pk)
        if str(region).isdecimal() and namesakes.filter(region=region).exists():
            raise forms.ValidationError("该区域已有同名单位。")
        return name

    def _offer(self, name: str, queryset: QuerySet[Any]) -> None:
        """Whoever stands in the row already is offered too, even where they would no longer be chosen."""
        now = getattr(self.instance, f"{name}_id", None)
        kept = queryset.model._base_manager.filter(Q(pk__in=queryset.order_by().values("pk")) | Q(pk=now))
        self.fields[name].queryset = _in_order(kept)  # type: ignore[attr-defined]


class NewDepartmentForm(DepartmentFields):
    region = RegionChoice(Region.objects.none(), label="区域")

    class Meta:
        model = Department
        fields = (
            "region",
            "name",
            "kind",
            "parent",
            "leader_in_charge",
            "duty_phone",
            "handles_appeals",
            "valid_from",
        )
        widgets: ClassVar[dict[str, Any]] = {"valid_from": date_input("启用日期")}

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, cadre=cadre, **kwargs)
        offered = Region.objects.administered_by(cadre).active().exclude(kind=Region.Kind.VILLAGE)
        self.fields["region"].queryset = offered.order_by("path")  # type: ignore[attr-defined]


class DepartmentForm(DepartmentFields):
    """The region stays. A department that ends names who takes over; its open cases pass to them on that day."""

    duty_officer = CadreChoice(Cadre.objects.none(), label="值班人员", required=False, empty_label="未定")
    successor = DepartmentChoice(Department.objects.none(), label="职能承接单位", required=False, empty_label="无")

    class Meta:
        model = Department
        fields = (
            "name",
            "kind",
            "parent",
            "leader_in_charge",
            "duty_officer",
            "duty_phone",
            "handles_appeals",
            "valid_from",
            "valid_until",
            "successor",
        )
        widgets: ClassVar[dict[str, Any]] = {
            "valid_from": date_input("启用日期"),
            "valid_until": date_input("停用日期"),
        }
        help_texts: ClassVar[dict[str, str]] = {"valid_until": "自这一天起不再使用；在用的单位不填"}

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, cadre=cadre, **kwargs)
        self._offer("duty_officer", Cadre.objects.active().filter(department=self.instance))
        others = Department.objects.current().exclude(pk=self.instance.pk)
        self._offer("successor", others.filter(region__path__startswith=_city(self.instance)).select_related("region"))
        told = "停用之日，未办结的诉求、在办的政策事项和负责的重点工程自动转由该单位承接；历史通报和统计仍用原名称"
        self.fields["successor"].help_text = told

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        successor, until = values.get("successor"), values.get("valid_until")
        if successor and until and successor.valid_until and successor.valid_until <= until:
            self.add_error("successor", f"{successor}届时也已停用，请选择其他单位。")
        if successor and until and successor.valid_from and successor.valid_from > until:
            self.add_error("successor", f"{successor}届时尚未启用，请选择其他单位。")
        return values


def _leaders(region: Region | None) -> QuerySet[Cadre, Any]:
    """Who can be in charge of a department: active cadres with a leading role in its region or in those around it."""
    codes = region.path.rstrip("/").split("/") if region else []
    leading = Cadre.groups.through.objects.filter(group__name__in=("leader", "team_leader", "head"))
    found: QuerySet[Cadre, Any] = Cadre.objects.active().filter(pk__in=leading.values("cadre_id"))
    return found.filter(department__region__code__in=codes)


def _city(department: Department) -> str:
    return department.region.path.partition("/")[0]


def _in_order(queryset: QuerySet[Any]) -> QuerySet[Any]:
    if queryset.model is Cadre:
        return queryset.select_related("department").order_by("name", "username")
    return queryset.select_related("region").order_by("region__path", "name")
