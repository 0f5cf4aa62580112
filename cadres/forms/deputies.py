from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms

from cadres import deputising
from cadres.listing import date_input
from cadres.models import Cadre

if TYPE_CHECKING:
    from datetime import date

    from django.http import QueryDict

LONGEST: Final = timedelta(days=366)
SUGGESTED: Final = 50


class DeputyForm(forms.Form):
    """Who is to stand in for the principal, found by username or by a name that only one has."""

    deputy = forms.CharField(
        label="代理人",
        max_length=60,
        help_text="姓名或用户名；须是本单位或本区域的业务人员",
        widget=forms.TextInput(attrs={"list": "colleagues", "autocomplete": "off"}),
    )
    starts_on = forms.DateField(label="起始日期", widget=date_input("起始日期"))
    ends_on = forms.DateField(
        label="截止日期", widget=date_input("截止日期"), help_text="当天仍由代理人办理，次日自动结束"
    )
    reason = forms.CharField(label="事由", max_length=100, help_text="如：休年假、外出学习、住院")

    def __init__(self, principal: Cadre, today: date, data: QueryDict | None = None) -> None:
        self.principal, self.today = principal, today
        super().__init__(data, initial={"starts_on": today})

    @property
    def colleagues(self) -> list[Cadre]:
        """Suggestions: those of one's own unit."""
        own = deputising.who_may_deputise(self.principal).filter(department=self.principal.department_id)
        return list(own.order_by("name", "pk")[:SUGGESTED])

    def clean_deputy(self) -> Cadre:
        who = self.cleaned_data["deputy"].strip()
        known = deputising.who_may_deputise(self.principal).select_related("department")
        found = list(known.filter(username=who)) or list(known.filter(name=who)[:5])
        if not found:
            raise forms.ValidationError("本单位和本区域没有这个姓名或用户名的业务人员，也不能由本人或管理员代理。")
        if len(found) > 1:
            named = "、".join(f"{one.username}（{one.department}）" for one in found)
            raise forms.ValidationError(f"有几位同名的干部，请填用户名：{named}。")
        return found[0]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("starts_on"), values.get("ends_on")
        if first and first < self.today:
            self.add_error("starts_on", "起始日期不能早于今天。")
        if first and last and last < first:
            self.add_error("ends_on", "截止日期不能早于起始日期。")
        elif first and last and last - first > LONGEST:
            self.add_error("ends_on", "一次最长代理一年，请选更早的日期。")
        elif first and last and (other := deputising.in_the_way(self.principal, first, last)):
            days = f"{other.starts_on:%Y-%m-%d} 至 {other.ends_on:%Y-%m-%d}"
            self.add_error("starts_on", f"{days} 已由{other.deputy.name}代理，请先结束，或选别的日期。")
        return values
