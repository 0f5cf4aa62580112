"""One form per step of a fulfilment: exactly what the step must carry."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django import forms
from django.utils import timezone

from cadres.listing import date_input
from policies import paying
from policies.models import Payment
from policies.workflow import STEPS
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import QueryDict

    from cadres.models import Cadre
    from policies.models import Fulfilment

LONGEST: Final = 500


def words(label: str, *, required: bool = True, hint: str = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=required, help_text=hint, max_length=LONGEST, widget=area)


def money(label: str, *, required: bool = True, least: str = "0", hint: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{label}（元）",
        required=required,
        min_value=Decimal(least),
        max_digits=14,
        decimal_places=2,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


class PastDay(forms.DateField):
    """A day that is not still to come."""

    def __init__(self, label: str, *, required: bool = True) -> None:
        super().__init__(label=label, required=required, widget=date_input(label))

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day > timezone.localdate():
            raise forms.ValidationError("不能晚于今天")
        return day


class StepForm(forms.Form):
    """A step without anything to fill in. `version` is what its reader had before their eyes."""

    name: ClassVar[str]
    question: ClassVar[str] = ""
    """What is asked before the step where it can't be undone."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None = None, *, fulfilment: Fulfilment, by: Cadre) -> None:
        self.fulfilment, self.by, self.label = fulfilment, by, STEPS[self.name].label
        initial = {"version": fulfilment.version, **self.proposed()}
        super().__init__(data, initial=initial, auto_id=f"id_{self.name}_%s")

    def proposed(self) -> dict[str, Any]:
        """What the form shows before anything is typed."""
        return {}

    @property
    def is_bare(self) -> bool:
        """Whether one button is enough."""
        return len(self.fields) == 1

    def take(self, now: datetime) -> bool:
        """Take the step with the valid values; false, with the reason among the errors, where it can't be taken."""
        try:
            self.act(Actor.of(self.by), now)
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            self._look_again()
            return False
        return True

    def act(self, by: Actor, now: datetime) -> None:
        values = self.cleaned_data
        carried = {field: values[field] for field in STEPS[self.name].carries if field in values}
        note = values.get("note", "")
        self.fulfilment.take(self.name, by=by, now=now, note=note, version=values["version"], **carried)

    def _look_again(self) -> None:
        """What is shown now is the row as it stands; sending the form again refers to that."""
        data = cast("QueryDict", self.data).copy()
        data["version"] = str(self.fulfilment.version)
        self.data = data


class EntitleForm(StepForm):
    name = "entitle"

    amount_due = money("应享金额", required=False, hint="暂时算不出的可不填")
    note = words("依据", required=False, hint="符合哪些条件，看了什么材料")

    def proposed(self) -> dict[str, Any]:
        return {"amount_due": self.fulfilment.amount_due}


class ExcludeForm(StepForm):
    name = "exclude"

    reason = words("不符合的原因", hint="哪一条不符合，企业问起来怎么说")


class HeardForm(StepForm):
    name = "heard"

    heard_on = PastDay("知晓日期")
    note = words("备注", required=False)

    def proposed(self) -> dict[str, Any]:
        return {"heard_on": timezone.localdate()}


class DeclareForm(StepForm):
    name = "declare"

    declared_on = PastDay("申报日期")
    amount_due = money("申报金额", required=False)
    note = words("备注", required=False, hint="怎样申报的：窗口、网上或专员代办")

    def proposed(self) -> dict[str, Any]:
        return {"declared_on": timezone.localdate(), "amount_due": self.fulfilment.amount_due}


class AcceptForm(StepForm):
    name = "accept"


class ReturnForm(StepForm):
    name = "return"

    reason = words("退回原因", hint="缺什么、怎样补")


class RejectForm(StepForm):
    name = "reject"
    question = "审核不通过后本期即结束。确认不通过？"

    reason = words("不通过的原因")


class _ApprovalForm(StepForm):
    amount_approved = money("核定金额")
    note = words("审核意见", required=False)

    def proposed(self) -> dict[str, Any]:
        return {"amount_approved": self.fulfilment.amount_due}

    def clean_amount_approved(self) -> Decimal:
        approved: Decimal = self.cleaned_data["amount_approved"]
        cap = self.fulfilment.item.cap
        if cap is not None and approved > cap:
            raise forms.ValidationError(f"超过该事项的最高金额 {cap:,.2f} 元")
        return approved


class ApproveForm(_ApprovalForm):
    name = "approve"


class PubliciseForm(_ApprovalForm):
    name = "publicise"


class ReleaseForm(StepForm):
    name = "release"


class PayForm(StepForm):
    name = "pay"

    voucher = forms.CharField(label="凭证号", max_length=60, help_text="每笔一个，不能重复")
    amount = money("本次拨付", least="0.01")
    paid_on = PastDay("拨付日期")

    def proposed(self) -> dict[str, Any]:
        return {"amount": self.fulfilment.amount_left, "paid_on": timezone.localdate()}

    def act(self, by: Actor, now: datetime) -> None:
        paying.pay(self.fulfilment, by=by, now=now, **self.cleaned_data)


class CompleteForm(StepForm):
    name = "complete"
    question = "余额不再拨付，确认兑现完毕？"

    note = words("余额不再拨付的原因")

    def __init__(self, data: QueryDict | None = None, *, fulfilment: Fulfilment, by: Cadre) -> None:
        super().__init__(data, fulfilment=fulfilment, by=by)
        if fulfilment.amount_left:
            self.fields["note"].help_text = f"还有 {fulfilment.amount_left:,.2f} 元没有拨付"
        else:
            del self.fields["note"]


class VoidForm(StepForm):
    name = "void"
    question = "作废后该笔金额须重新拨付，确认作废？"

    payment = forms.ModelChoiceField(Payment.objects.none(), label="作废哪一笔", empty_label="请选择")
    reason = forms.CharField(label="作废原因", max_length=200)

    def __init__(self, data: QueryDict | None = None, *, fulfilment: Fulfilment, by: Cadre) -> None:
        super().__init__(data, fulfilment=fulfilment, by=by)
        payment: Any = self.fields["payment"]
        payment.queryset = fulfilment.payments.valid()

    def act(self, by: Actor, now: datetime) -> None:
        values = self.cleaned_data
        payment = values["payment"]
        payment.fulfilment = self.fulfilment
        paying.void(payment, reason=values["reason"], by=by, now=now, version=values["version"])


class EnjoyForm(StepForm):
    name = "enjoy"

    enjoyed_on = PastDay("享受日期")
    note = words("享受了什么", required=False)

    def proposed(self) -> dict[str, Any]:
        return {"enjoyed_on": timezone.localdate()}


class ReceivedForm(StepForm):
    name = "received"

    received_on = PastDay("收到日期")
    note = words("企业怎么说", required=False, hint="谁说的、收到多少")

    def proposed(self) -> dict[str, Any]:
        return {"received_on": timezone.localdate()}


class WaiveForm(StepForm):
    name = "waive"
    question = "放弃后本期即结束。确认企业放弃？"

    waived_by = forms.CharField(label="谁说放弃", max_length=60, help_text="企业方姓名和职务")
    reason = words("放弃的原因")


class BlockForm(StepForm):
    name = "block"

    block = words("堵点", hint="卡在哪个环节、哪个部门、缺什么")

    def proposed(self) -> dict[str, Any]:
        return {"block": self.fulfilment.block}


class UnblockForm(StepForm):
    name = "unblock"

    note = words("怎样解除的")


class ReopenForm(StepForm):
    name = "reopen"

    closes_on = forms.DateField(
        label="新的截止日期", required=False, widget=date_input("新的截止日期"), help_text="不填为长期"
    )
    note = words("为什么重新办理")


class AmendForm(StepForm):
    name = "amend"

    amount_due = money("应享金额", required=False)
    declared_on = PastDay("申报日期", required=False)
    closes_on = forms.DateField(label="截止日期", required=False, widget=date_input("截止日期"), help_text="不填为长期")
    note = words("为什么更正")

    def proposed(self) -> dict[str, Any]:
        row = self.fulfilment
        return {"amount_due": row.amount_due, "declared_on": row.declared_on, "closes_on": row.closes_on}


class RecoverForm(StepForm):
    name = "recover"
    question = "追回后本期即结束。确认追回？"

    amount_recovered = money("追回金额")
    reason = words("追回的原因")

    def proposed(self) -> dict[str, Any]:
        return {"amount_recovered": self.fulfilment.amount_paid}


STEP_FORMS: Final[dict[str, type[StepForm]]] = {
    form.name: form
    for form in (
        *(EntitleForm, ExcludeForm, HeardForm, DeclareForm, AcceptForm, ReturnForm, RejectForm, ApproveForm),
        *(PubliciseForm, ReleaseForm, PayForm, CompleteForm, VoidForm, EnjoyForm, ReceivedForm, WaiveForm),
        *(BlockForm, UnblockForm, ReopenForm, AmendForm, RecoverForm),
    )
}


def form_for(name: str, data: QueryDict | None = None, *, fulfilment: Fulfilment, by: Cadre) -> StepForm:
    return STEP_FORMS[name](data, fulfilment=fulfilment, by=by)
