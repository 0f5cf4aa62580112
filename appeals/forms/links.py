"""What is filled in to make a link, to open one, and to answer by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator

from appeals.forms.steps import LONGEST_NOTE
from appeals.links import DAYS
from appeals.models import Appeal

if TYPE_CHECKING:
    from django.http import QueryDict

LENGTHS: Final = [(str(days), label) for days, label in DAYS]


class MakeLinkForm(forms.Form):
    """`sending` is made with the page, so that a second press makes no second link."""

    days = forms.TypedChoiceField(label="有效期", choices=LENGTHS, coerce=int)
    sending = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"sending": uuid4(), "days": "90"})


class DigitsForm(forms.Form):
    digits = forms.CharField(
        label="联系人电话后四位",
        validators=[RegexValidator(r"^[0-9]{4}$", "请输入四位数字")],
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "4", "pattern": "[0-9]{4}"}
        ),
    )


class AnswerForm(forms.Form):
    """What the enterprise says of an answer; `version` is what it had before its eyes."""

    name: ClassVar[str]

    version = forms.IntegerField(widget=forms.HiddenInput)
    sending = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, appeal: Appeal) -> None:
        initial = {"version": appeal.version, "sending": uuid4()}
        super().__init__(data, initial=initial, auto_id=f"id_{self.name}_%s")


class EnterpriseConfirmForm(AnswerForm):
    name = "confirm"

    solved = forms.ChoiceField(label="问题解决了吗", choices=Appeal.Solved.choices, widget=forms.RadioSelect)
    rating = forms.ChoiceField(label="对办理满意吗", choices=Appeal.Rating.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label="还想说的", required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        """Whoever is left with the difficulty or dissatisfied, and does not ask for more, says why."""
        values = self.cleaned_data
        unhappy = values.get("solved") == Appeal.Solved.NO or values.get("rating") == Appeal.Rating.DISSATISFIED
        if unhappy and not values.get("note"):
            self.add_error("note", "请写明哪里没有解决或不满意；希望重新办理的，请用下面的“要求重新办理”")
        return values


class EnterpriseDisputeForm(AnswerForm):
    name = "dispute"

    note = forms.CharField(
        label="哪里没有解决，希望怎样",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明哪里没有解决"},
    )


ANSWER_FORMS: Final[dict[str, type[AnswerForm]]] = {
    form.name: form for form in (EnterpriseConfirmForm, EnterpriseDisputeForm)
}
