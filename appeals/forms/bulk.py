"""What is said once for many appeals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from appeals.forms.orders import ColourField
from appeals.forms.steps import words
from cadres.models import Department

if TYPE_CHECKING:
    from django.http import QueryDict

    from cadres.models import Cadre


class UrgeManyForm(forms.Form):
    asked_at = forms.DateTimeField(required=False, widget=forms.HiddenInput, initial=timezone.now)
    note = words("催办内容", hint="要求什么、何时反馈，如“请今日 18:00 前反馈办理结果”")

    def __init__(self, data: QueryDict | None = None, *, by: Cadre) -> None:
        super().__init__(data)


class ReassignManyForm(forms.Form):
    lead = forms.ModelChoiceField(Department.objects.none(), label="改派给", empty_label="请选择")
    note = words("改派原因", hint="办理时限不重新起算，新的主办单位须重新签收")

    def __init__(self, data: QueryDict | None = None, *, by: Cadre) -> None:
        super().__init__(data)
        lead: Any = self.fields["lead"]
        lead.queryset = Department.objects.visible_to(by).handling_appeals().select_related("region")


class OrderManyForm(forms.Form):
    """The date by which each is answered follows from the table of terms."""

    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    colour = ColourField()
    demand = words("督办要求", hint="要办到什么程度、反馈哪些内容；反馈时间按规定时限")

    def __init__(self, data: QueryDict | None = None, *, by: Cadre) -> None:
        super().__init__(data)
