from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from cadres.listing import FilterForm
from reports.models import ImportJob

if TYPE_CHECKING:
    from reports.models.imports import ImportJobQuerySet


class ImportFilter(FilterForm):
    dates = "上传日期"

    status = forms.ChoiceField(label="状态", choices=[("", "全部"), *ImportJob.State.choices], widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="类型", choices=[("", "全部"), *ImportJob.Kind.choices])

    def narrow(self, queryset: ImportJobQuerySet, values: dict[str, Any]) -> ImportJobQuerySet:
        if values["status"]:
            queryset = queryset.filter(state=values["status"])
        if values["kind"]:
            queryset = queryset.filter(kind=values["kind"])
        if values["from"]:
            queryset = queryset.filter(uploaded_at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(uploaded_at__date__lte=values["to"])
        return queryset


class FaultFilter(FilterForm):
    """The faults of one import aren't filtered."""

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        return queryset
