"""One form per step of an appeal: exactly what the step must carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.functional import classproperty

from appeals import papers, rules
from appeals.models import Appeal
from appeals.models.tables import Triage, Urgency
from appeals.workflow import STEPS, Status
from cadres.listing import date_input
from cadres.models import Cadre, Department
from cadres.uploads import UploadsField
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

    from appeals.models import Event

LONGEST_NOTE: Final = 500
LONGEST_REPLY: Final = 1000
BY_PROXY: Final = [(one.value, one.label) for one in Appeal.ConfirmedHow if one != Appeal.ConfirmedHow.LINK]


FILES_AT_ONCE: Final = 5
FILES_HINT: Final = "图片、PDF 或 Office 文档，每个不超过 20 MB，一次最多 5 个"


def evidence(label: str = "附件") -> UploadsField:
    return UploadsField(label=label, most=FILES_AT_ONCE, help_text=FILES_HINT)


def words(label: str, *, required: bool = True, hint: str = "", longest: int = LONGEST_NOTE) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 4})
    return forms.CharField(label=label, required=required, help_text=hint, max_length=longest, widget=area)


class StepForm(forms.Form):
    """A step without anything to fill in. `version` is what its reader had before their eyes."""

    name: ClassVar[str]
    question: ClassVar[str] = ""
    """What is asked before the step where it can't be undone."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        self.appeal, self.by, self.label = appeal, by, step_label(self.name, appeal)
        initial = {"version": appeal.version, **self.proposed()}
        super().__init__(data, initial=initial, auto_id=f"id_{self.name}_%s")

    def proposed(self) -> dict[str, Any]:
        """What the form shows before anything is typed."""
        return {}

    @classproperty
    def is_bare(cls) -> bool:  # noqa: N805 - a property of the class
        """Whether one button is enough."""
        return all(field.widget.is_hidden for field in cls.base_fields.values())

    def take(self, now: datetime) -> Event | None:
        """Take the step with the valid values; None, with the reason among the errors, where it can't be taken."""
        carried = {field: self.cleaned_data[field] for field in STEPS[self.name].carries if field in self.cleaned_data}
        seen = {name: self.cleaned_data.get(name) for name in ("version", "asked_at")}
        actor, files, note = Actor.of(self.by), self.cleaned_data.get("uploads", ()), self.cleaned_data.get("note", "")
        try:
            with transaction.atomic():
                event = self.appeal.take(self.name, by=actor, now=now, note=note, **seen, **carried)
                papers.attach(self.appeal, files, by=self.by, now=now, given_with=self.name)
            return event
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            self._look_again()
            return None

    def _look_again(self) -> None:
        """What is shown now is the appeal as it stands; sending the form again refers to that."""
        data = cast("QueryDict", self.data).copy()
        data["version"] = str(self.appeal.version)
        self.data = data


class _UnnoticedForm(StepForm):
    """A step that refers to no version: whatever others did meanwhile, it is still wanted. A form sent again is one."""

    asked_at = forms.DateTimeField(required=False, widget=forms.HiddenInput, initial=timezone.now)

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        del self.fields["version"]


class SubmitForm(StepForm):
    name = "submit"


class SettleForm(StepForm):
    """Solved on the spot: the specialist says what was done and who of the enterprise agreed."""

    name = "settle"

    field_order = ("version", "reply", "confirmed_by", "confirmed_how", "uploads")
    uploads = evidence()
    reply = words("现场怎么解决的", hint="做了什么、依据什么，企业看得懂的话", longest=LONGEST_REPLY)
    confirmed_by = forms.CharField(label="认可人", max_length=40, help_text="企业方姓名和职务")
    confirmed_how = forms.ChoiceField(
        label="认可方式",
        choices=BY_PROXY,
        widget=forms.RadioSelect,
        initial=Appeal.ConfirmedHow.ON_SITE,
    )


class AnswerForm(StepForm):
    """The office answers what needs no department; the enterprise is asked next, and a supervisor closes."""

    name = "answer"

    outcome = forms.ChoiceField(label="办结类型", choices=Appeal.Outcome.choices, widget=forms.RadioSelect)
    reply = words("答复内容", hint="不必转办的事项由助企办直接答复，企业看得懂的话", longest=LONGEST_REPLY)
    uploads = evidence()


class _LeadForm(StepForm):
    """Choosing who leads and who takes part, of the departments near the appeal."""

    lead = forms.ModelChoiceField(Department.objects.none(), label="主办单位", empty_label="请选择")
    co_departments = forms.ModelMultipleChoiceField(
        Department.objects.none(), label="协办单位", required=False, widget=forms.CheckboxSelectMultiple
    )
    opinion_due_on = forms.DateField(
        label="会办意见时限",
        required=False,
        widget=date_input("会办意见时限"),
        help_text="协办单位在这一天下班前出具意见；不填按时限表，都不晚于办理时限",
    )

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        near = rules.departments_for(by, appeal)
        lead: Any = self.fields["lead"]
        others: Any = self.fields["co_departments"]
        lead.queryset = others.queryset = near

    def clean_opinion_due_on(self) -> date | None:
        day: date | None = self.cleaned_data["opinion_due_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError("会办意见时限不能早于今天")
        return day

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("lead") in (values.get("co_departments") or ()):
            self.add_error("co_departments", "主办单位不能同时是协办单位")
        return values


class AssignForm(_LeadForm):
    name = "assign"

    triage = forms.ChoiceField(label="研判", choices=Triage.choices, widget=forms.RadioSelect)
    urgency = forms.ChoiceField(
        label="紧急程度",
        choices=Urgency.choices,
        widget=forms.RadioSelect,
        help_text="首次转办时按此确定办理时限，改派不重新起算",
    )
    note = words("转办意见", required=False)

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        if appeal.suggested_lead:
            self.fields["lead"].help_text = f"退单时建议：{appeal.suggested_lead}"

    def proposed(self) -> dict[str, Any]:
        others = self.appeal.co_departments.values_list("pk", flat=True) if self.appeal.round else ()
        return {
            "lead": self.appeal.suggested_lead,
            "co_departments": list(others),
            "triage": self.appeal.triage or Triage.SINGLE,
            "urgency": self.appeal.urgency,
        }


class DeclineForm(StepForm):
    name = "decline"
    question = "不予受理后诉求即结束，确认不予受理？"

    decline_ground = forms.ChoiceField(label="原因", choices=[("", "请选择"), *Appeal.DeclineGround.choices])
    note = words("说明", hint="告诉企业为什么、可以找谁")


class SignForm(StepForm):
    name = "sign"


class BounceForm(StepForm):
    name = "bounce"

    suggested_lead = forms.ModelChoiceField(Department.objects.none(), label="建议主办单位", empty_label="请选择")
    note = words("退单原因", hint="说明依据，如职责分工文件")

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        near = rules.departments_for(by, appeal)
        suggested: Any = self.fields["suggested_lead"]
        suggested.queryset = near.exclude(pk=appeal.lead_id or 0)


class PassOnForm(StepForm):
    name = "pass_on"

    handler = forms.ModelChoiceField(Cadre.objects.none(), label="转派给", empty_label="请选择")
    note = words("转派原因", required=False, hint="如休假、调离、分工调整")

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        handler: Any = self.fields["handler"]
        handler.queryset = rules.colleagues_for(appeal)
        if not handler.queryset.exists():
            handler.help_text = "本单位没有其他承办人，请联系安全管理员增加"


class AskReassignForm(BounceForm):
    name = "ask_reassign"

    note = words("申请改派的原因", hint="说明依据，如职责分工文件；决定之前请继续办理")


class ReassignForm(_LeadForm):
    name = "reassign"

    field_order = ("version", "lead", "co_departments", "opinion_due_on", "note")
    note = words("改派原因", hint="办理时限不重新起算，新的主办单位须重新签收")

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        lead: Any = self.fields["lead"]
        lead.queryset = lead.queryset.exclude(pk=appeal.lead_id or 0)
        if appeal.transfer_asked_at and appeal.suggested_lead:
            lead.help_text = f"{appeal.lead}建议：{appeal.suggested_lead}"

    def proposed(self) -> dict[str, Any]:
        others = list(self.appeal.co_departments.values_list("pk", flat=True))
        return {"lead": self.appeal.suggested_lead, "co_departments": others}


class KeepLeadForm(StepForm):
    name = "keep_lead"

    note = words("不予改派的原因", hint="为什么仍由现主办单位办理")


class ProgressForm(StepForm):
    name = "progress"

    note = words("进展", hint="做了什么、还差什么、下一步何时")
    contacted = forms.BooleanField(label="已与企业联系", required=False)
    uploads = evidence()

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        if appeal.contacted_at:
            del self.fields["contacted"]


class OpineForm(_UnnoticedForm):
    name = "opine"

    opinion = words("会办意见", hint="职责内能办什么、依据什么、何时办到；再次提交即为补充意见", longest=LONGEST_REPLY)
    uploads = evidence("佐证材料")


class ReplyForm(StepForm):
    name = "reply"

    outcome = forms.ChoiceField(label="办结类型", choices=Appeal.Outcome.choices, widget=forms.RadioSelect)
    reply = words("答复内容", hint="解决了什么、依据什么文件，企业看得懂的话", longest=LONGEST_REPLY)
    uploads = evidence("佐证材料")

    def proposed(self) -> dict[str, Any]:
        return {"outcome": self.appeal.outcome, "reply": self.appeal.reply}


class ApproveForm(StepForm):
    name = "approve"


class SendBackForm(StepForm):
    name = "send_back"

    note = words("退回原因", hint="答复哪里不够，还要做什么")


class _OnBehalfForm(StepForm):
    """What a specialist says for the enterprise: who spoke, and how."""

    confirmed_by = forms.CharField(label="确认人", max_length=40, help_text="企业方姓名和职务")
    confirmed_how = forms.ChoiceField(label="确认方式", choices=BY_PROXY, widget=forms.RadioSelect)


class ConfirmForm(_OnBehalfForm):
    name = "confirm"

    field_order = ("version", "solved", "rating", "confirmed_by", "confirmed_how", "note")
    solved = forms.ChoiceField(label="是否解决", choices=Appeal.Solved.choices, widget=forms.RadioSelect)
    rating = forms.ChoiceField(label="满意度", choices=Appeal.Rating.choices, widget=forms.RadioSelect)
    note = words("备注", required=False, hint="未解决或不满意但不要求重办的，写明原因")

    def clean(self) -> dict[str, Any]:
        """Whoever is left with the difficulty or dissatisfied, and does not dispute, says why."""
        values = self.cleaned_data
        unhappy = values.get("solved") == Appeal.Solved.NO or values.get("rating") == Appeal.Rating.DISSATISFIED
        if unhappy and not values.get("note"):
            self.add_error("note", "企业要求重办的，请改用“不满意重办”；不要求重办的，请写明原因")
        return values


class DisputeForm(_OnBehalfForm):
    name = "dispute"

    note = words("不满意的原因", hint="哪里没有解决，企业希望怎样")


class CloseForm(StepForm):
    name = "close"
    question = "销号后诉求即结束，不能再改。确认销号？"

    note = words("核对的凭证", hint="看了哪些材料、向谁核实")


class ReturnForm(StepForm):
    name = "return"

    note = words("退回原因", hint="哪些凭证不足，还要补什么")


class ReturnToOfficeForm(StepForm):
    name = "return_to_office"

    note = words("退回原因", hint="为什么不能算现场办结；退回后按新诉求受理转办")


class WithdrawForm(StepForm):
    name = "withdraw"
    question = "撤回后诉求即结束。确认撤回？"

    note = words("企业撤回的原因")

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre) -> None:
        super().__init__(data, appeal=appeal, by=by)
        if appeal.status == Status.DRAFT:
            self.fields["note"].required = False
            self.fields["note"].label = "作废原因"


class UrgeForm(_UnnoticedForm):
    name = "urge"

    note = words("催办内容", hint="要求什么、何时反馈，如“请今日 18:00 前反馈办理结果”")


STEP_FORMS: Final[dict[str, type[StepForm]]] = {
    form.name: form
    for form in (
        *(SubmitForm, SettleForm, AssignForm, AnswerForm, DeclineForm, SignForm, BounceForm),
        *(
            PassOnForm,
            AskReassignForm,
            ReassignForm,
            KeepLeadForm,
            ProgressForm,
            OpineForm,
            ReplyForm,
            ApproveForm,
            SendBackForm,
        ),
        *(ConfirmForm, DisputeForm, CloseForm, ReturnForm, ReturnToOfficeForm, WithdrawForm, UrgeForm),
    )
}


def form_for(
    name: str,
    data: QueryDict | None = None,
    files: MultiValueDict[str, UploadedFile[bytes]] | None = None,
    *,
    appeal: Appeal,
    by: Cadre,
) -> StepForm:
    form = STEP_FORMS[name](data, appeal=appeal, by=by)
    if files is not None:
        form.files = files
    return form


def step_label(name: str, appeal: Appeal) -> str:
    """A draft is not withdrawn but thrown away."""
    return "作废草稿" if name == "withdraw" and appeal.status == Status.DRAFT else STEPS[name].label
