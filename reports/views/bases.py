"""Base lists (应复工名单): who is on a month's list, and who joined or left it, by name."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from cadres.fields import RegionField
from cadres.http import CadreRequest
from cadres.listing import FilterForm, Sorts, Tab, build
from cadres.rights import require
from enterprises.models import Enterprise
from reports.models import BaseEntry, BaseList

RIGHT: Final = "reports.view_indicators"
WHO: Final = "只有办公室、督查和领导可以查看应复工名单。"
ENTRIES: Final[Sorts] = {
    "place": ("region__path", "enterprise__initials"),
    "name": ("enterprise__initials", "enterprise__name"),
    "changed": ("left_on", "joined_on"),
}


class EntryFilter(FilterForm):
    q = forms.CharField(label="企业", max_length=60)
    region = RegionField(label="区域", empty_label="全部")
    month = forms.ModelChoiceField(BaseList.objects.none(), label="名单", empty_label="最近一份")
    state = forms.ChoiceField(
        choices=[("", "全部"), ("on", "在名单"), ("joined", "后来列入"), ("left", "已移出")], widget=forms.HiddenInput
    )

    def limit(self) -> None:
        lists = BaseList.objects.visible_to(self.cadre).order_by("-starts_on")
        self.fields["month"].queryset = lists  # type: ignore[attr-defined]
        self.fields["month"].label_from_instance = lambda row: row.month  # type: ignore[attr-defined]
        field = self.fields["region"]
        assert isinstance(field, RegionField)  # noqa: S101 -- declared above
        field.limit_to(self.cadre)

    @property
    def base(self) -> BaseList | None:
        """The list that is asked for, or the latest."""
        lists = BaseList.objects.visible_to(self.cadre).select_related("region").order_by("-starts_on")
        return self.cleaned_data.get("month") or lists.first() if self.is_valid() else None

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        queryset = queryset.filter(base=self.base)
        if values["q"]:
            queryset = queryset.filter(enterprise__in=Enterprise.objects.search(values["q"]).values("pk"))
        if place := values["region"]:
            inside = Q(park=place) if place.kind == "park" else Q(region__path__startswith=place.path)
            queryset = queryset.filter(inside)
        match values["state"]:
            case "on":
                return queryset.open()
            case "joined":
                return queryset.exclude(joined_because="")
            case "left":
                return queryset.filter(left_on__isnull=False)
        return queryset


@require_safe
def base_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, WHO)
    scope = BaseEntry.objects.visible_to(request.user)
    form = EntryFilter(request.GET, cadre=request.user)
    listing = build(request, scope.select_related("enterprise", "region", "park"), form, sorts=ENTRIES)
    base, here = form.base, scope.filter(base=form.base)
    tabs = [
        Tab("", "全部"),
        Tab("on", "在名单", here.open().count()),
        Tab("joined", "后来列入", here.exclude(joined_because="").count()),
        Tab("left", "已移出", here.filter(left_on__isnull=False).count()),
    ]
    context = {
        "title": "应复工名单",
        "base": base,
        "tabs": listing.tabs("state", tabs),
        "empty_text": "名单里没有符合条件的企业" if base else "还没有冻结的名单",
    }
    return listing.render("reports/base_list.html", context)
