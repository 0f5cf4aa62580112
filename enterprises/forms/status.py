from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import model_to_dict
from django.utils import timezone

from cadres.listing import date_input
from enterprises.models import OperatingStatus
from enterprises.reporting import REPORTABLE, problem_with_day, report_status

if TYPE_CHECKING:
    from datetime import date, datetime

    from cadres.models import Cadre
    from enterprises.models import Enterprise


class StatusForm(forms.ModelForm[OperatingStatus]):
    """One enterprise's operating status of a day, stored by reporting.report_status()."""

    class Meta:
        model = OperatingStatus
        fields = ("day", "state", "due", "on_duty", "utilisation", "kwh", "orders", "remarks")
        widgets = {  # noqa: RUF012 -- Django declares it so
            "day": date_input("日期"),
            "state": forms.RadioSelect,
            "due": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "on_duty": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "remarks": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {"utilisation": "0–200，加班超产可超过 100"}  # noqa: RUF012

    def __init__(self, *args: Any, enterprise: Enterprise, by: Cadre, day: date, **kwargs: Any) -> None:
        self.stored = enterprise.statuses.on(day).select_related("reported_by").first()
        stored = model_to_dict(self.stored, list(REPORTABLE)) if self.stored else {}
        super().__init__(*args, **kwargs)
        self.initial = stored | {"day": day}
        self.enterprise, self.by = enterprise, by
        state: Any = self.fields["state"]
        state.choices, state.required = OperatingStatus.State.choices, True
        state.error_messages["required"] = "请选择复工状态"
        self._recall(enterprise.statuses.filter(day__lt=day).first())

    def _recall(self, last: OperatingStatus | None) -> None:
        """Say under each number what it was last time."""
        for name, unit in (("due", "人"), ("on_duty", "人"), ("utilisation", "%"), ("kwh", "kWh")):
            value = getattr(last, name, None)
            if last and value is not None:
                before = f"上次 {value} {unit}（{last.day:%m-%d}）"
                self.fields[name].help_text = "；".join(
                    str(text) for text in (before, self.fields[name].help_text) if text
                )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if problem := problem_with_day(day, self.by, timezone.localdate()):
            raise forms.ValidationError(problem)
        return day

    def report(self, now: datetime) -> OperatingStatus:
        values = {name: self.cleaned_data[name] for name in REPORTABLE}
        source = OperatingStatus.Source.OFFICE
        return report_status(self.enterprise, self.cleaned_data["day"], self.by, now, source, **values)

    @property
    def warning(self) -> str:
        """What is possible and yet worth a second look."""
        due, on_duty = self.cleaned_data["due"], self.cleaned_data["on_duty"]
        if due is None or on_duty is None or on_duty <= due:
            return ""
        return f"在岗 {on_duty} 人多于应到 {due} 人，如属加班或借调请在备注中说明，否则请改正。"
