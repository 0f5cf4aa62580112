"""The forms that add rows to the ledger: one enterprise's, or those of all enterprises that a filter finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import timezone

from cadres.fields import RegionField
from enterprises.filters import UNKNOWN, narrow_enterprises
from enterprises.models import Enterprise
from policies import periods, registering
from policies.models import Fulfilment, Item
from policies.registering import MOST_AT_ONCE
from policies.workflow import Status

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from enterprises.models import EnterpriseQuerySet

ALL: Final = ("", "不限")


class ItemChoice(forms.ModelChoiceField[Item]):
    """An item under its policy's title."""

    def label_from_instance(self, obj: Item) -> str:
        return obj.name if obj.name == obj.policy.title else f"{obj.policy.title}：{obj.name}"


class _RowsForm(forms.Form):
    item = ItemChoice(Item.objects.none(), label="政策事项", empty_label="请选择")
    period = forms.CharField(label="期次", max_length=12, help_text=periods.HINT)
    status = forms.ChoiceField(
        label="核实情况",
        choices=[(Status.UNVERIFIED, "待核实"), (Status.ENTITLED, "应享")],
        widget=forms.RadioSelect,
        initial=Status.UNVERIFIED,
        help_text="已确定符合条件的选“应享”",
    )

    def __init__(self, *args: Any, by: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        today = timezone.localdate()
        item: Any = self.fields["item"]
        open_items = Item.objects.visible_to(by).select_related("policy").exclude(closes_on__lt=today)
        item.queryset = open_items.order_by("policy__title", "name", "pk")
        self.fields["period"].initial = periods.year_of(today)

    def clean_period(self) -> str:
        try:
            return periods.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def _add(self, enterprises: EnterpriseQuerySet, now: datetime) -> int:
        values = self.cleaned_data
        entitled = values["status"] == Status.ENTITLED
        return registering.many(enterprises, values["item"], values["period"], by=self.by, now=now, entitled=entitled)


class AddForm(_RowsForm):
    """One row of one enterprise."""

    def add(self, enterprise: Enterprise, now: datetime) -> tuple[Fulfilment, bool]:
        """The row, and whether it is new; the one that is there already stays as it is."""
        made = self._add(Enterprise.objects.visible_to(self.by).filter(pk=enterprise.pk), now)
        values = self.cleaned_data
        row = Fulfilment.objects.get(enterprise=enterprise, item=values["item"], period=values["period"])
        return row, bool(made)


class AddManyForm(_RowsForm):
    """Rows for all operating enterprises that fit; those of the cadre's scope alone."""

    region = RegionField(label="区域", empty_label="全部辖区", required=False)
    kind = forms.ChoiceField(label="主体类型", choices=[ALL, *Enterprise.Kind.choices], required=False)
    category = forms.ChoiceField(label="统计类别", choices=[ALL, *Enterprise.Category.choices], required=False)
    size = forms.ChoiceField(label="规模", choices=[ALL, *Enterprise.Size.choices, (UNKNOWN, "未定")], required=False)
    key_list = forms.ChoiceField(label="重点名单", choices=[ALL, *Enterprise.KeyList.choices], required=False)
    industry_group = forms.ChoiceField(label="行业分组", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: Any = self.fields["region"]
        region.limit_to(self.by)
        groups = Enterprise.objects.visible_to(self.by).exclude(industry_group="")
        named = groups.order_by("industry_group").values_list("industry_group", flat=True).distinct()[:100]
        group: Any = self.fields["industry_group"]
        group.choices = [ALL, *((name, name) for name in named)]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if "item" in values and "period" in values:
            self.total = self.chosen.count()
            known = Fulfilment.objects.filter(
                item=values["item"], period=values["period"], enterprise__in=self.chosen.values("pk")
            )
            self.known = known.count()
            if not self.total:
                self.add_error(None, "没有符合这些条件的在营企业，请放宽条件。")
            elif self.total - self.known > MOST_AT_ONCE:
                self.add_error(None, f"符合条件的有 {self.total} 家，一次最多建立 {MOST_AT_ONCE} 家，请缩小范围。")
        return values

    @property
    def missing(self) -> int:
        """How many of them have no row yet."""
        return self.total - self.known

    @property
    def chosen(self) -> EnterpriseQuerySet:
        values = self.cleaned_data
        fitting = narrow_enterprises(Enterprise.objects.visible_to(self.by).operating(), values)
        if values.get("kind"):
            fitting = fitting.filter(kind=values["kind"])
        if values.get("key_list"):
            fitting = fitting.filter(key_lists__contains=[values["key_list"]])
        if values.get("industry_group"):
            fitting = fitting.filter(industry_group=values["industry_group"])
        return fitting

    def add(self, now: datetime) -> int:
        """How many rows were made."""
        known = Fulfilment.objects.filter(item=self.cleaned_data["item"], period=self.cleaned_data["period"])
        missing = self.chosen.exclude(pk__in=known.values("enterprise"))
        chosen = list(missing.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
        return self._add(Enterprise.objects.filter(pk__in=chosen), now)
