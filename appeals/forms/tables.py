from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms

from appeals.models import Category, Limit, ReplyTerm
from cadres.editing import VersionedForm
from cadres.forms.regions import RegionChoice
from cadres.models import Region
from workflow.models import Unit
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from cadres.models import Cadre

PARTS: Final = (
    ("sign", "签收"),
    ("contact", "联系企业"),
    ("settle", "办结"),
    ("opinion", "会办意见"),
    ("complex", "复杂事项办结"),
)
DAY: Final = 24 * 60


class LimitFields(VersionedForm[Limit]):
    """Limits hold for what is assigned from now on. A district's are never longer than the city's."""

    halves = frozenset(f"{part}_{column}" for part, _ in PARTS for column in ("amount", "unit"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part, label in PARTS:
            self.fields[f"{part}_unit"].label = f"{label}时限的单位"

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        region = values.get("region") or self.instance.region
        urgency = values.get("urgency") or self.instance.urgency
        for part, label in PARTS:
            amount, unit = values.get(f"{part}_amount"), values.get(f"{part}_unit")
            if amount == 0:
                self.add_error(f"{part}_amount", "时限应大于 0。")
            elif amount and unit:
                self._compare(part, label, _length(amount, unit), region, urgency)
        return values

    def _compare(self, part: str, label: str, length: float, region: Region | None, urgency: str) -> None:
        others = Limit.objects.filter(urgency=urgency).exclude(pk=self.instance.pk).select_related("region")
        for other in others.filter(region=None) if region else others.exclude(region=None):
            theirs = _length(getattr(other, f"{part}_amount"), getattr(other, f"{part}_unit"))
            if region and length > theirs:
                self.add_error(f"{part}_amount", f"区县的{label}时限不能长于全市时限。")
            elif not region and theirs > length:
                self.add_error(f"{part}_amount", f"{other.region}的{label}时限将长于全市时限，请先调整该区县。")


COLUMNS: Final = tuple(f"{part}_{column}" for part, _ in PARTS for column in ("amount", "unit"))


class LimitForm(LimitFields):
    class Meta:
        model = Limit
        fields = COLUMNS


class NewLimitForm(LimitFields):
    region = RegionChoice(Region.objects.none(), label="区县")

    class Meta:
        model = Limit
        fields = ("region", "urgency", *COLUMNS)

    halves = LimitFields.halves | {"region", "urgency"}

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Region.objects.administered_by(cadre).active().filter(kind=Region.Kind.DISTRICT)
        self.fields["region"].queryset = places.order_by("path")  # type: ignore[attr-defined]


class CategoryForm(VersionedForm[Category]):
    class Meta:
        model = Category
        fields = ("name", "position", "active")
        help_texts: ClassVar[dict[str, str]] = {
            "position": "小的排在前面",
            "active": "停用后不能再用于新的诉求，原有诉求照旧",
        }
        error_messages: ClassVar[dict[str, Any]] = {"name": {"unique": "已有同名的类别。"}}

    halves = frozenset({"name", "position"})


class ReplyTermForm(VersionedForm[ReplyTerm]):
    class Meta:
        model = ReplyTerm
        fields = ("amount", "unit")

    halves = frozenset({"amount", "unit"})

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError("反馈时限应大于 0。")
        return amount


def _length(amount: int, unit: str) -> float:
    """Limits of different units side by side, in minutes of the clock: a working day takes a day."""
    if unit == Unit.WORKING_DAYS:
        return amount * DAY
    return amount if unit == Unit.CLOCK_MINUTES else amount * DAY / load_calendar().minutes_per_day
