"""Issuing a supervision order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django import forms
from django.utils import timezone

from appeals.demanding.terms import Terms
from appeals.forms.demands import ReplyDueField
from appeals.forms.steps import words
from appeals.supervising import acting, drawing
from workflow.models import OrderColour
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from appeals.models import Appeal, Order
    from cadres.models import Cadre


class ColourField(forms.ChoiceField):
    widget = forms.RadioSelect

    def __init__(self) -> None:
        super().__init__(
            label="颜色",
            choices=[(colour.value, f"{colour.label}色") for colour in OrderColour],
            help_text="红色督办单下达后，该诉求同时挂牌督办",
        )


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
