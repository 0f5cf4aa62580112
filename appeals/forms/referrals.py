"""Handing a lead over, and concluding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms

from appeals import referring
from appeals.forms.steps import evidence, words
from appeals.models import Referral
from cadres.models import Department

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

    from appeals.models import Appeal

LONGEST: int = 1000


class HandOverForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    addressed_to = forms.ModelChoiceField(Department.objects.none(), label="移交给", empty_label=None)
    suspected = words("涉嫌问题", hint="涉及哪个单位、哪些人，什么问题")
    grounds = words("依据", hint="办理过程中的哪些情形、哪些材料说明这一点", longest=LONGEST)
    uploads = evidence("证据材料")

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[bytes]] | None = None,
        *,
        appeal: Appeal,
    ) -> None:
        super().__init__(data, files)
        units = referring.units_for(appeal)
        addressed_to: Any = self.fields["addressed_to"]
        addressed_to.queryset = units
        if not units.exists():
            addressed_to.help_text = "本辖区和上级都没有纪检人员，请联系安全管理员授权"


class ConcludeForm(forms.Form):
    finding = forms.ChoiceField(label="核查结果", choices=Referral.Finding.choices, widget=forms.RadioSelect)
    conclusion = words("了结情况", hint="查明的事实、处理意见；只有纪检和移交人看得到", longest=LONGEST)
    uploads = evidence("材料")
