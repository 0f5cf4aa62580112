"""Issuing a supervision order, answering it, judging the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from uuid import uuid4

from django import forms
from django.utils import timezone

from appeals.forms.steps import LONGEST_REPLY, evidence, words
from appeals.models import Order
from appeals.order_workflow import ORDER_STEPS
from appeals.supervising import acting, drawing
from appeals.supervising.terms import Terms
from workflow.models import OrderColour
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

    from appeals.models import Appeal
    from cadres.models import Cadre

LONGEST_TERM: Final = timedelta(days=90)
FORMAT: Final = "%Y-%m-%dT%H:%M"


class ColourField(forms.ChoiceField):
    widget = forms.RadioSelect

    def __init__(self) -> None:
        super().__init__(
            label="颜色",
            choices=[(colour.value, f"{colour.label}色") for colour in OrderColour],
            help_text="红色督办单下达后，该诉求同时挂牌督办",
        )


class ReplyDueField(forms.DateTimeField):
    """By when an answer is asked for; left empty, by the table of terms."""

    def __init__(self) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)
        super().__init__(label="要求反馈时间", required=False, widget=widget)

    def clean(self, value: Any) -> datetime | None:
        found: datetime | None = super().clean(value)
        now = timezone.now()
        if found and not now < found <= now + LONGEST_TERM:
            raise forms.ValidationError(f"要求反馈时间应在今后 {LONGEST_TERM.days} 天之内。")
        return found


def terms_in_words(appeal: Appeal, now: datetime) -> str:
    """不填按规定：蓝色 11-27 18:00，黄色 …."""
    due = Terms.load().of(appeal, now)
    each = "，".join(f"{colour.label}色 {timezone.localtime(at):%m-%d %H:%M}" for colour, at in due.items())
    return f"不填则按规定时限：{each}"


class IssueForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    colour = ColourField()
    demand = words("督办要求", hint="要办到什么程度、反馈哪些内容")
    reply_due_at = ReplyDueField()

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal, by: Cadre, now: datetime) -> None:
        super().__init__(data)
        self.appeal, self.by = appeal, by
        self.fields["reply_due_at"].help_text = terms_in_words(appeal, now)
        self._propose(drawing.in_force([appeal.pk]).get(appeal.pk))

    def _propose(self, standing: Order | None) -> None:
        """The mildest colour that can be issued beside the one in force."""
        able = [colour for colour in OrderColour if drawing.outranks(colour, standing)]
        self.initial["colour"] = (able or [OrderColour.RED])[0]

    def issue(self, now: datetime) -> Order | None:
        """The order; None, with the reason among the errors, where it can't be issued."""
        values = self.cleaned_data
        sent = {"reply_due_at": values["reply_due_at"], "client_id": values["client_id"]}
        try:
            return acting.issue(self.appeal, values["colour"], values["demand"], by=self.by, now=now, **sent)
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            return None


class OrderStepForm(forms.Form):
    """A step of an order. `version` is what its reader had before their eyes."""

    name: ClassVar[str]
    verb: ClassVar[str]
    done: ClassVar[str]

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        order: Order,
        by: Cadre,
        now: datetime,
    ) -> None:
        super().__init__(data, files, initial={"version": order.version})
        self.order, self.by = order, by
        if "reply_due_at" in self.fields:
            due = timezone.localtime(Terms.load().due_at(order.appeal, order.colour, now))
            self.fields["reply_due_at"].help_text = f"不填则按规定时限：{due:%Y-%m-%d %H:%M}"

    @property
    def is_possible(self) -> bool:
        """Whether the order still stands where the step begins."""
        return self.order.status in ORDER_STEPS[self.name].sources

    def take(self, now: datetime) -> Order | None:
        """Take the step; None, with the reason among the errors, where it can't be taken any more."""
        try:
            return self.act(self.cleaned_data, now)
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            self._look_again()
            return None

    def act(self, values: dict[str, Any], now: datetime) -> Order:
        raise NotImplementedError

    def _look_again(self) -> None:
        """What is shown now is the order as it stands; sending the form again refers to that."""
        self.order.refresh_from_db(fields=["status", "version"])
        data = cast("QueryDict", self.data).copy()
        data["version"] = str(self.order.version)
        self.data = data

    def _seen(self, now: datetime) -> dict[str, Any]:
        return {"by": self.by, "now": now, "version": self.cleaned_data["version"]}


class AnswerForm(OrderStepForm):
    name, verb, done = "order_answer", "反馈", "已反馈"

    reply = words("反馈内容", hint="进展、原因、措施和办结时间", longest=LONGEST_REPLY)
    uploads = evidence()

    def act(self, values: dict[str, Any], now: datetime) -> Order:
        return acting.answer(self.order, values["reply"], files=values["uploads"], **self._seen(now))


class AcceptForm(OrderStepForm):
    name, verb, done = "order_accept", "认可", "已认可"

    note = words("督查意见", required=False)

    def act(self, values: dict[str, Any], now: datetime) -> Order:
        return acting.accept(self.order, values["note"], **self._seen(now))


class ReturnForm(OrderStepForm):
    name, verb, done = "order_return", "退回重报", "已退回重报"

    note = words("退回原因", hint="哪里不够、还要反馈什么")
    reply_due_at = ReplyDueField()

    def act(self, values: dict[str, Any], now: datetime) -> Order:
        order = self.order
        due = values["reply_due_at"] or Terms.load().due_at(order.appeal, order.colour, now)
        return acting.give_back(order, values["note"], due, **self._seen(now))


class RevokeForm(OrderStepForm):
    name, verb, done = "order_revoke", "撤销", "已撤销"

    note = words("撤销原因")

    def act(self, values: dict[str, Any], now: datetime) -> Order:
        return acting.revoke(self.order, values["note"], **self._seen(now))


ORDER_FORMS: Final[dict[str, type[OrderStepForm]]] = {
    "answer": AnswerForm,
    "accept": AcceptForm,
    "return": ReturnForm,
    "revoke": RevokeForm,
}
