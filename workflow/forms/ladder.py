from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from cadres.editing import VersionedForm
from workflow.models import Rung

HALVES = frozenset({"trigger", "critical", "level", "amount", "unit", "repeat_days"})
WIDGETS: dict[str, Any] = {"level": forms.NumberInput(attrs={"min": 0, "max": 4})}
HELP = {
    "amount": "填 0 表示触发时立即通知",
    "repeat_days": "填 0 表示不重复",
    "draws": "到这一级时由系统下达；停机期间漏掉几级的，只下达颜色最重的一张",
    "listed": "列入每日通报点名",
}


class RungFields(VersionedForm[Rung]):
    """What a rung does; audience is kept in the table's own order."""

    audience = forms.MultipleChoiceField(
        label="通知对象", choices=Rung.Audience.choices, widget=forms.CheckboxSelectMultiple
    )

    halves = HALVES

    def clean_level(self) -> int:
        level: int = self.cleaned_data["level"]
        if level > Rung.HIGHEST:
            raise forms.ValidationError("督办级别为 0 至 4。")
        return level


class NewRungForm(RungFields):
    class Meta:
        model = Rung
        fields = ("trigger", "critical", "level", "amount", "unit", "repeat_days", "audience", "draws", "listed")
        widgets: ClassVar[dict[str, Any]] = WIDGETS
        help_texts: ClassVar[dict[str, str]] = HELP | {"critical": "只用于特急诉求"}


class RungForm(RungFields):
    """Trigger and urgency stay: what a case has reached is kept by them."""

    class Meta:
        model = Rung
        fields = ("level", "amount", "unit", "repeat_days", "audience", "draws", "listed")
        widgets: ClassVar[dict[str, Any]] = WIDGETS
        help_texts: ClassVar[dict[str, str]] = HELP
