"""Forms of what figures are judged by: the rule for electricity, and the regions' risk levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import IntegrityError, transaction

from cadres.fields import RegionField
from cadres.listing import date_input
from reports.models import PowerRule, RiskLevel

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from cadres.models import Cadre

TAKEN = "别人刚刚调整过口径，请核对现在的口径后再提交。"


class PowerRuleForm(forms.ModelForm[PowerRule]):
    """A further version of the rule. It knows which version its reader saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = PowerRule
        fields = (
            "starts_on",
            "energy_weight",
            "count_weight",
            "threshold",
            "target_orange",
            "target_yellow",
            "target_blue",
            "target_green",
            "ahead_by",
            "reason",
        )
        widgets: ClassVar = {"starts_on": date_input("启用日期")}

    def __init__(self, last: PowerRule, data: QueryDict | None = None) -> None:
        self.last = last
        initial = {name: getattr(last, name) for name in self.Meta.fields if name not in {"starts_on", "reason"}}
        super().__init__(data, initial=initial | {"seen": last.version})
        self.fields["starts_on"].required = self.fields["reason"].required = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        energy, count = values.get("energy_weight"), values.get("count_weight")
        if energy is not None and count is not None and energy + count != 1:
            self.add_error("count_weight", "两个权重之和应为 1")
        if values.get("seen") != self.last.version:
            self.add_error(None, TAKEN)
        return values

    def keep(self, *, by: Cadre, now: datetime) -> bool:
        """Store the version; False where somebody else stored one at the same moment."""
        rule = self.save(commit=False)
        rule.version, rule.set_by, rule.set_at = self.last.version + 1, by, now
        try:
            with transaction.atomic():
                rule.save(force_insert=True)
        except IntegrityError:
            self.add_error(None, TAKEN)
            return False
        return True


class RiskLevelForm(forms.ModelForm[RiskLevel]):
    region = RegionField(label="区域", empty_label="请选择")

    class Meta:
        model = RiskLevel
        fields = ("region", "colour", "starts_on", "reason")
        widgets: ClassVar = {"starts_on": date_input("起始日期")}

    def __init__(self, cadre: Cadre, data: QueryDict | None = None) -> None:
        super().__init__(data)
        field: Any = self.fields["region"]
        field.limit_to(cadre)
        field.queryset = field.queryset.active()

    def keep(self, *, by: Cadre, now: datetime) -> RiskLevel:
        level = self.save(commit=False)
        level.set_by, level.set_at = by, now
        level.save()
        return level
