"""Form fields about the floor's own rows."""

from __future__ import annotations

from typing import Any

from django import forms

from cadres.models import Cadre, Region


class RegionField(forms.ModelChoiceField[Region]):
    """A region of the cadre's scope as the tree shows it, down to towns and streets; its value is the code."""

    def __init__(self, **options: Any) -> None:
        self.top = 0
        super().__init__(Region.objects.none(), to_field_name="code", **options)

    def limit_to(self, cadre: Cadre, *, parks: bool = True) -> None:
        left_out = {Region.Kind.VILLAGE} if parks else {Region.Kind.VILLAGE, Region.Kind.PARK}
        self.top = max(cadre.region_scope.count("/") - 1, 0)
        self.queryset = Region.objects.visible_to(cadre).exclude(kind__in=left_out).order_by("path")

    def label_from_instance(self, obj: Region) -> str:
        depth = obj.path.count("/") - 1 - self.top
        return "　" * depth + obj.name
