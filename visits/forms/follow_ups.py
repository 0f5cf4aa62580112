"""The part of a visit's form that follows up earlier appeals: one text for each open appeal of the enterprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.forms import BoundField

from appeals.models import Appeal
from appeals.workflow import OPEN
from visits.forms.visit import text_area

PREFIX: Final = "follow_up"
LONGEST: Final = 400  # a comment holds 500, the words that name the visit included


class FollowUps(forms.Form):
    """`typed`: texts by the appeal's key; `appeals`: those that may be followed up, and those that ended meanwhile."""

    def __init__(self, typed: Mapping[str, str], *, appeals: Sequence[Appeal], is_sent: bool) -> None:
        data = {f"{PREFIX}-{key}": text for key, text in typed.items()} if is_sent else None
        super().__init__(data, initial=dict(typed), prefix=PREFIX, use_required_attribute=False)
        self.appeals = appeals
        for appeal in appeals:
            self.fields[str(appeal.pk)] = forms.CharField(
                label=f"跟进“{appeal.title}”",
                max_length=LONGEST,
                required=False,
                widget=text_area("这次了解到的新情况，没有就不填", 2),
            )
        self.strays = [text for key, text in typed.items() if key not in self.fields]

    def clean(self) -> dict[str, Any]:
        if self.strays:
            self.add_error(None, f"有 {len(self.strays)} 条跟进没有带上，请看“企业诉求”")
        for appeal in self.appeals:
            if appeal.status not in OPEN and self.cleaned_data.get(str(appeal.pk)):
                self.add_error(str(appeal.pk), f"该诉求现为“{appeal.status_label}”，不能再跟进，请清空")
        return self.cleaned_data

    @property
    def rows(self) -> list[tuple[Appeal, BoundField]]:
        return [(appeal, self[str(appeal.pk)]) for appeal in self.appeals]

    @property
    def texts(self) -> dict[int, str]:
        """What was said, by the appeal's key."""
        return {int(key): text for key, text in self.cleaned_data.items() if text}
