from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms

from cadres.listing import date_input
from cadres.models import Cadre
from cadres.search import tidy
from enterprises.models import OperatingStatus
from enterprises.reporting import OPEN_TO_ALL
from visits.models import Visit

LONGEST_TEXT: Final = 1000
LATEST_CONTACT: Final = timedelta(days=366)
FACTS: Final = (
    "manner",
    "visited_on",
    "arrived_at",
    "left_at",
    "receiver_name",
    "receiver_title",
    "summary",
    "safety",
    "policies_explained",
    "suggestions",
    "next_contact_on",
    "next_contact_manner",
)
STATUS: Final = ("state", "due", "on_duty", "utilisation", "kwh")


def text_area(placeholder: str = "", rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "placeholder": placeholder})


def number_input(mode: str = "numeric") -> forms.TextInput:
    """A text input with the keyboard for numbers, so that a wrong number comes back as it was typed."""
    return forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})


def time_input() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class VisitForm(forms.Form):
    """One visit with the day's operating status; the appeals stand in AppealRows."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    begun_at = forms.CharField(widget=forms.HiddenInput, required=False)
    enterprise = forms.CharField(widget=forms.HiddenInput)

    visitor = forms.TypedChoiceField(label="走访人", coerce=int)
    manner = forms.ChoiceField(
        label="走访方式",
        choices=Visit.Manner.choices,
        widget=forms.RadioSelect,
        initial=Visit.Manner.ON_SITE,
    )
    visited_on = forms.DateField(label="走访日期", widget=date_input("走访日期"))
    arrived_at = forms.TimeField(label="到达时间", widget=time_input(), required=False)
    left_at = forms.TimeField(label="离开时间", widget=time_input(), required=False)
    receiver_name = forms.CharField(label="接待人", max_length=40, required=False)
    receiver_title = forms.CharField(label="接待人职务", max_length=40, required=False)
    summary = forms.CharField(
        label="走访情况", widget=text_area("企业当前生产、用工、物资情况"), max_length=LONGEST_TEXT, required=False
    )

    state = forms.ChoiceField(
        label="复工状态",
        choices=OperatingStatus.State.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择复工状态"},
    )
    due = forms.IntegerField(label="应到人数", widget=number_input(), min_value=0, max_value=1_000_000, required=False)
    on_duty = forms.IntegerField(
        label="在岗人数", widget=number_input(), min_value=0, max_value=1_000_000, required=False
    )
    utilisation = forms.DecimalField(
        label="产能利用率",
        widget=number_input("decimal"),
        min_value=0,
        max_value=200,
        decimal_places=2,
        required=False,
    )
    kwh = forms.DecimalField(
        label="用电量",
        widget=number_input("decimal"),
        min_value=0,
        max_value=1_000_000_000,
        decimal_places=2,
        required=False,
    )

    safety = forms.CharField(
        label="安全与防疫措施", widget=text_area("现场查看到的情况"), max_length=LONGEST_TEXT, required=False
    )
    policies = forms.TypedMultipleChoiceField(
        label="宣讲政策", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    policies_explained = forms.CharField(
        label="其他宣讲内容", widget=text_area("政策库里没有的，写在这里", 2), max_length=LONGEST_TEXT, required=False
    )
    suggestions = forms.CharField(
        label="意见建议", widget=text_area("企业或走访人的意见建议"), max_length=LONGEST_TEXT, required=False
    )
    next_contact_on = forms.DateField(label="下次联系", widget=date_input("下次联系"), required=False)
    next_contact_manner = forms.ChoiceField(
        label="下次联系方式",
        choices=Visit.Manner.choices,
        widget=forms.RadioSelect,
        initial=Visit.Manner.ON_SITE,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        visitors: Sequence[tuple[Cadre, str]],
        policies: Callable[[], list[tuple[int, str]]],
        today: date,
        **kwargs: Any,
    ) -> None:
        self.visitors = {cadre.pk: cadre for cadre, _ in visitors}
        self.today = today
        super().__init__(*args, **kwargs)
        self.initial.setdefault("visited_on", today)
        self.fields["policies"].choices = policies  # type: ignore[attr-defined]
        if len(visitors) > 1:
            self.fields["visitor"].choices = [(cadre.pk, words) for cadre, words in visitors]  # type: ignore[attr-defined]
        else:
            del self.fields["visitor"]

    def recall(self, last: OperatingStatus | None) -> None:
        """Say under each field of the status what was reported last."""
        if last is None:
            return
        day = f"（{last.day:%m-%d}）"
        self["state"].help_text = f"上次 {last.get_state_display()}{day}"
        for name, unit in (("due", " 人"), ("on_duty", " 人"), ("utilisation", "%"), ("kwh", " kWh")):
            value = getattr(last, name)
            if value is not None:
                self[name].help_text = f"上次 {Decimal(value).normalize():f}{unit}{day}"

    def clean_receiver_name(self) -> str:
        return tidy(self.cleaned_data["receiver_name"])

    def clean_receiver_title(self) -> str:
        return tidy(self.cleaned_data["receiver_title"])

    def clean_visitor(self) -> Cadre:
        return self.visitors[self.cleaned_data["visitor"]]

    def clean_visited_on(self) -> date:
        day: date = self.cleaned_data["visited_on"]
        if day > self.today:
            raise forms.ValidationError("不能晚于今天")
        if day < self.today - OPEN_TO_ALL:
            raise forms.ValidationError(f"只能补记最近 {OPEN_TO_ALL.days} 天的走访")
        return day

    def clean_next_contact_on(self) -> date | None:
        day: date | None = self.cleaned_data["next_contact_on"]
        if day and day <= self.today:
            raise forms.ValidationError("要晚于今天")
        if day and day > self.today + LATEST_CONTACT:
            raise forms.ValidationError("最多约到一年以内")
        return day

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        arrived, left = values.get("arrived_at"), values.get("left_at")
        if arrived and left and left < arrived:
            self.add_error("left_at", "不能早于到达时间")
        if not values.get("next_contact_on"):
            values["next_contact_manner"] = ""
        return values

    @property
    def doubt(self) -> str:
        """What is possible and yet worth a second look."""
        due, on_duty = self.cleaned_data["due"], self.cleaned_data["on_duty"]
        if due is None or on_duty is None or on_duty <= due:
            return ""
        return f"在岗 {on_duty} 人多于应到 {due} 人，如有误请在企业页更正当日状况"

    @property
    def facts(self) -> dict[str, Any]:
        """What was found, as columns of Visit."""
        return {name: self.cleaned_data[name] for name in FACTS}

    @property
    def status(self) -> dict[str, Any]:
        """What was found, as columns of OperatingStatus."""
        return {name: self.cleaned_data[name] for name in STATUS}
