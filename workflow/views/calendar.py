"""The working calendar: days off and shifted days, the import of a year's announcement, working hours."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres.administration import ONLY_CITY, ONLY_SYSADMIN
from cadres.changes import of_row, of_table
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import FilterForm, Sorts, build
from cadres.locking import locked_or_404
from cadres.models import Cadre
from cadres.rights import require
from workflow.changing import change
from workflow.forms import HolidayForm, HoursForm, YearForm
from workflow.models import Holiday, RuleChange, WorkingHours
from workflow.worktime import load_calendar

RIGHT: Final = "workflow.change_holiday"
CALENDAR: Final = RuleChange.Kind.CALENDAR
CRUMB: Final = ("节假日与工作时间", "workflow:holidays")
SORTS: Final[Sorts] = {"day": ("day", "region__path")}
YEARS_AHEAD: Final = 2


class HolidayFilter(FilterForm):
    year = forms.TypedChoiceField(label="年份", coerce=int, empty_value=None)
    kind = forms.ChoiceField(label="类型", choices=[("", "全部"), *Holiday.Kind.choices])
    place = forms.ChoiceField(label="范围", choices=[("", "全部"), ("national", "全国"), ("local", "地方")])

    def limit(self) -> None:
        years = sorted({day.year for day in Holiday.objects.dates("day", "year")}, reverse=True)
        self.fields["year"].choices = [("", "全部"), *((str(year), f"{year} 年") for year in years)]  # type: ignore[attr-defined]

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if values["year"]:
            queryset = queryset.filter(day__year=values["year"])
        if values["kind"]:
            queryset = queryset.filter(kind=values["kind"])
        return queryset.filter(region__isnull=values["place"] == "national") if values["place"] else queryset


def _of(cadre: Cadre) -> QuerySet[Holiday]:
    """National days, and those of the administrator's own places."""
    mine = Q(region__path__startswith=cadre.administered_path)
    return Holiday.objects.filter(Q(region=None) | mine).select_related("region")


@require_safe
def holidays(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    filters = HolidayFilter(request.GET, cadre=request.user)
    listing = build(request, _of(request.user), filters, sorts=SORTS, default_sort="-day")
    calendar, year = load_calendar(), timezone.localdate().year
    context = {
        "title": "节假日与工作时间",
        "hours": "、".join(map(str, WorkingHours.objects.order_by("starts"))),
        "provisional": [one for one in range(year, year + YEARS_AHEAD) if calendar.is_provisional(one)],
        "may_edit": request.user.administers_all,
        "rule_changes": RuleChange.objects.filter(kind=CALENDAR).select_related("cadre")[:3],
        "changes": of_table(Holiday, shown=10),
        "empty_text": "没有符合条件的日子",
    }
    return listing.render("workflow/holiday_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_holiday(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    form, title = HolidayForm(posted(request), cadre=request.user), "新增一天"
    if request.method == "POST" and form.is_valid():
        return change(request, CALENDAR, lambda: f"新增{form.save().words}", title=title, back=_back())
    return _form(request, form, title)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def holiday(request: CadreRequest, pk: int) -> HttpResponse:
    row = _own(request, pk)
    form, title = HolidayForm(posted(request), instance=row, cadre=request.user), f"编辑 {row}"
    if request.method == "POST" and form.is_valid():
        return change(request, CALENDAR, lambda: f"修改{form.save().words}", title=title, back=_back())
    return _form(request, form, title, template="workflow/holiday_form.html", holiday=row, changes=of_row(row))


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def remove_holiday(request: CadreRequest, pk: int) -> HttpResponse:
    row = _own(request, pk)
    words = f"删除{row.words}"

    def remove() -> str:
        Holiday.objects.filter(pk=pk).delete()
        return words

    return change(request, CALENDAR, remove, title=f"删除 {row}", back=_back())


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def import_year(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    initial = {"year": timezone.localdate().year + 1}
    form = YearForm(posted(request), uploaded(request), cadre=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        if form.changes_nothing():
            messages.success(request, "与现有安排相同，没有变化。")
            return redirect("workflow:holidays")
        region = form.cleaned_data["region"]
        carried = {
            "year": form.cleaned_data["year"],
            "region": region.pk if region else "",
            "text": form.cleaned_data["text"],
        }
        return change(request, CALENDAR, form.replace, title="导入放假安排", back=_back(), carried=carried)
    return _form(request, form, "导入放假安排")


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def hours(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    if not request.user.administers_all:
        raise PermissionDenied(ONLY_CITY)
    form = HoursForm(posted(request))
    if request.method == "POST" and form.is_valid():
        return change(request, CALENDAR, form.replace, title="修改工作时间", back=_back())
    return _form(request, form, "工作时间", changes=of_table(WorkingHours))


def _own(request: CadreRequest, pk: int) -> Holiday:
    """A day that this administrator may change, locked: their own place's, or the nation's for the city."""
    require(request.user, RIGHT, ONLY_SYSADMIN)
    row = locked_or_404(_of(request.user), pk)
    if row.region is None and not request.user.administers_all:
        raise PermissionDenied(ONLY_CITY)
    return row


def _back() -> str:
    return reverse("workflow:holidays")


def _form(
    request: CadreRequest,
    form: forms.BaseForm,
    title: str,
    *,
    template: str = "cadres/config_form.html",
    **context: Any,
) -> HttpResponse:
    shown = {"title": title, "form": form, "crumb": CRUMB, "cancel_url": _back(), "submit_label": "下一步", **context}
    return render(request, template, shown, status=422 if form.errors else 200)
