from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from cadres.listing import FilterForm
from reports.models import Ledger

if TYPE_CHECKING:
    from reports.models.ledgers import LedgerQuerySet


class LedgerFilter(FilterForm):
    """One's own ledgers; `status` is set by the tabs."""

    dates = "导出日期"

    status = forms.ChoiceField(label="状态", choices=[("", "全部"), *Ledger.State.choices], widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="台账", choices=[("", "全部"), *Ledger.Kind.choices])

    def narrow(self, queryset: LedgerQuerySet, values: dict[str, Any]) -> LedgerQuerySet:
        if values["status"]:
            queryset = queryset.filter(state=values["status"])
        if values["kind"]:
            queryset = queryset.filter(kind=values["kind"])
        if values["from"]:
            queryset = queryset.filter(asked_at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(asked_at__date__lte=values["to"])
        return queryset
