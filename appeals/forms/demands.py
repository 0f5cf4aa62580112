"""Answering a demand, judging the answer, revoking the demand; whether it is an order or an instruction."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, cast

from django import forms
from django.utils import timezone

from appeals.demanding.terms import Terms
from appeals.forms.steps import LONGEST_REPLY, evidence, words
from appeals.models.demands import D
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

    from appeals.demanding.acting import Handling
    from cadres.models import Cadre

LONGEST_TERM: Final = timedelta(days=90)
FORMAT: Final = "%Y-%m-%dT%H:%M"


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


class DemandForm(forms.Form, Generic[D]):
    """A step of a demand. `version` is what its reader had before their eyes."""

    name: ClassVar[str]
    verb: ClassVar[str]

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        demand: D,
        handling: Handling[D],
        by: Cadre,
        now: datetime,
    ) -> None:
        super().__init__(data, files, initial={"version": demand.version})
        self.demand, self.handling, self.by = demand, handling, by
        if "reply_due_at" in self.fields:
            due = timezone.localtime(self._due(now))
            self.fields["reply_due_at"].help_text = f"不填则按规定时限：{due:%Y-%m-%d %H:%M}"

    @property
    def is_possible(self) -> bool:
        """Whether the demand still stands where the step begins."""
        return self.demand.status in self.demand.steps[f"{self.demand.kind()}_{self.name}"].sources

    def take(self, now: datetime) -> D | None:
        """Take the step; None, with the reason among the errors, where it can't be taken any more."""
        try:
            return self.act(self.cleaned_data, {"by": self.by, "now": now, "version": self.cleaned_data["version"]})
        except IllegalStepError as refusal:
            self.add_error(None, str(refusal))
            self._look_again()
            return None

    def act(self, values: dict[str, Any], seen: dict[str, Any]) -> D:
        raise NotImplementedError

    def _look_again(self) -> None:
        """What is shown now is the demand as it stands; sending the form again refers to that."""
        self.demand.refresh_from_db(fields=["status", "version"])
        data = cast("QueryDict", self.data).copy()
        data["version"] = str(self.demand.version)
        self.data = data

    def _due(self, now: datetime) -> datetime:
        """When an answer is due that is asked for now, by the table of terms."""
        return Terms.load().due_at(self.demand.appeal, self.demand.term, now)


class AnswerForm(DemandForm[D]):
    name, verb = "answer", "反馈"

    reply = words("反馈内容", hint="进展、原因、措施和办结时间", longest=LONGEST_REPLY)
    uploads = evidence()

    def act(self, values: dict[str, Any], seen: dict[str, Any]) -> D:
        return self.handling.answer(self.demand, values["reply"], files=values["uploads"], **seen)


class AcceptForm(DemandForm[D]):
    name, verb = "accept", "认可"

    note = words("督查意见", required=False)

    def act(self, values: dict[str, Any], seen: dict[str, Any]) -> D:
        return self.handling.accept(self.demand, values["note"], **seen)


class ReturnForm(DemandForm[D]):
    name, verb = "return", "退回重报"

    note = words("退回原因", hint="哪里不够、还要反馈什么")
    reply_due_at = ReplyDueField()

    def act(self, values: dict[str, Any], seen: dict[str, Any]) -> D:
        due = values["reply_due_at"] or self._due(seen["now"])
        return self.handling.give_back(self.demand, values["note"], due, **seen)


class RevokeForm(DemandForm[D]):
    name, verb = "revoke", "撤销"

    note = words("撤销原因")

    def act(self, values: dict[str, Any], seen: dict[str, Any]) -> D:
        return self.handling.revoke(self.demand, values["note"], **seen)


DEMAND_FORMS: Final[dict[str, type[DemandForm[Any]]]] = {
    form.name: form for form in (AnswerForm, AcceptForm, ReturnForm, RevokeForm)
}
