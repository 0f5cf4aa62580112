from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from cadres.editing import VersionedForm
from cadres.fields import RegionField
from cadres.listing import date_input
from cadres.models import Region
from cadres.search import normalise
from enterprises import moving
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from enterprises.models import Relocation


class MoveForm(VersionedForm[Enterprise]):
    """Where an enterprise moves to, since when and why. The view has locked the enterprise."""

    region = RegionField(label="迁往区域", help_text="选到镇街；迁往你管辖范围以外的，请上级办公室办理")
    moved_on = forms.DateField(label="迁入日期", widget=date_input("迁入日期"), initial=timezone.localdate)
    reason = forms.CharField(label="迁址原因", max_length=200)

    class Meta:
        model = Enterprise
        fields = ("region", "address", "park")
        labels = {"address": "新地址"}  # noqa: RUF012 -- Django declares it so
        help_texts = {"park": "迁入园区的请选择"}  # noqa: RUF012

    field_order = ("region", "address", "park", "moved_on", "reason", "seen")

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre
        region: Any = self.fields["region"]
        region.offer_to(cadre, self.instance.region_id)
        park: Any = self.fields["park"]
        park.queryset = Region.objects.parks(self.instance.park_id)
        park.empty_label = "不在园区"
        self.fields["address"].required = True
        self.initial["region"] = self.instance.region
        self.here = Enterprise.objects.select_related("region").get(pk=self.instance.pk)

    def clean_reason(self) -> str:
        return normalise(self.cleaned_data["reason"])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if {"region", "moved_on", "address"} <= values.keys():
            problem = moving.problem_with(self.here, self._place(values), values["moved_on"], timezone.localdate())
            if problem:
                self.add_error("region" if values["region"] == self.here.region else "moved_on", problem)
        return values

    def move(self, now: datetime) -> Relocation:
        values = self.cleaned_data
        return moving.move(
            self.here,
            self._place(values),
            moved_on=values["moved_on"],
            reason=values["reason"],
            by=self.cadre,
            now=now,
        )

    def _place(self, values: dict[str, Any]) -> moving.Place:
        return moving.Place(values["region"], normalise(values["address"]), values.get("park"))
