"""The filters of the list of leads that were handed over to discipline."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from appeals.models import Referral
from appeals.referral_workflow import State
from cadres.listing import FilterForm

if TYPE_CHECKING:
    from datetime import date

    from appeals.models.referrals import ReferralQuerySet

ALL: Final = ("", "全部")


class ReferralFilter(FilterForm):
    dates = "移交日期"

    q = forms.CharField(
        label="关键词", max_length=60, widget=forms.TextInput(attrs={"placeholder": "线索编号、诉求、企业"})
    )
    status = forms.ChoiceField(label="状态", choices=[ALL, *State.choices], widget=forms.HiddenInput)

    @cached_property
    def found(self) -> Q:
        """What the words ask for, looked up once for rows and tabs."""
        return Referral.objects.found_by(self.cleaned_data["q"])

    def narrow(self, queryset: ReferralQuerySet, values: dict[str, Any]) -> ReferralQuerySet:
        queryset = self.narrow_but_status(queryset, values)
        return queryset.filter(status=values["status"]) if values["status"] else queryset

    def narrow_but_status(self, queryset: ReferralQuerySet, values: dict[str, Any]) -> ReferralQuerySet:
        if values["q"]:
            queryset = queryset.filter(self.found)
        if values["from"]:
            queryset = queryset.filter(handed_at__gte=_begin_of(values["from"]))
        if values["to"]:
            queryset = queryset.filter(handed_at__lt=_begin_of(values["to"] + timedelta(days=1)))
        return queryset


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
