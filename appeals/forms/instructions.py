"""Giving an instruction, and entering one that a leader gave on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms
from django.utils import timezone

from appeals.demanding.terms import Terms
from appeals.forms.demands import ReplyDueField
from appeals.forms.steps import words
from appeals.instructing import acting, rules
from appeals.instructing.acting import Paper
from appeals.models.instructions import TERM
from cadres.listing import date_input
from cadres.models import Cadre, Department
from cadres.uploads import PICTURES, Kind, UploadsField
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

    from appeals.models import Appeal, Instruction


SCANS: Final = PICTURES | {Kind.PDF}


class InstructForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    demand = words("批示内容", hint="请谁办、办到什么程度、反馈哪些内容")
    department = forms.ModelChoiceField(Department.objects.none(), label="交办单位", empty_label=None)
    reply_due_at = ReplyDueField()

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        appeal: Appeal,
        by: Cadre,
        now: datetime,
    ) -> None:
        super().__init__(data, files)
        self.appeal, self.by = appeal, by
        due = timezone.localtime(Terms.load().due_at(appeal, TERM, now))
        self.fields["reply_due_at"].help_text = f"不填则按规定时限：{due:%Y-%m-%d %H:%M}"
        self._offer(rules.departments_for(appeal))

    def _offer(self, departments: Any) -> None:
        """There is something to choose only where others take part beside the lead."""
        if self.appeal.co_departments.exists() and self.appeal.lead_id:
            department: Any = self.fields["department"]
            department.queryset, self.initial["department"] = departments, self.appeal.lead_id
            department.help_text = "主办单位或协办单位；交主办单位的，诉求改派时随诉求走"
        else:
            del self.fields["department"]

    def give(self, now: datetime) -> Instruction | None:
        """The instruction; None, with the reason among the errors, where it can't be given any more."""
        values = self.cleaned_data
        sent = {name: values.get(name) for name in ("department", "reply_due_at", "client_id")}
        try:
            return acting.give(self.appeal, values["demand"], by=self.by, now=now, paper=self.paper(values), **sent)
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            return None

    def paper(self, values: dict[str, Any]) -> Paper | None:
        return None


class EnterForm(InstructForm):
    """The office enters what a leader wrote on paper."""

    leader = forms.ModelChoiceField(Cadre.objects.none(), label="批示领导", empty_label="请选择")
    instructed_on = forms.DateField(label="批示日期", widget=date_input("批示日期"), initial=timezone.localdate)
    scan = UploadsField(
        label="批示件", required=True, allowed=SCANS, most=1, help_text="批示原件的扫描件或照片，图片或 PDF"
    )

    field_order = ("client_id", "leader", "instructed_on", "scan")

    def __init__(self, *args: Any, appeal: Appeal, **kwargs: Any) -> None:
        super().__init__(*args, appeal=appeal, **kwargs)
        leader: Any = self.fields["leader"]
        leader.queryset = rules.leaders_for(appeal).select_related("department")

    def clean_instructed_on(self) -> date:
        day: date = self.cleaned_data["instructed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("批示日期不能晚于今天。")
        return day

    def paper(self, values: dict[str, Any]) -> Paper | None:
        return Paper(values["leader"], values["instructed_on"], values["scan"][0])
