from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from enterprises import labelling
from enterprises.forms.enterprises import WordsField
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from enterprises.models import EnterpriseQuerySet

ADD: Final = "add"
ACTS: Final = [(ADD, "加上"), ("remove", "去掉")]


class LabelForm(forms.Form):
    """Key lists and tags that many enterprises are to have, or to have no longer."""

    act = forms.ChoiceField(label="操作", choices=ACTS, initial=ADD, widget=forms.RadioSelect)
    key_lists = forms.MultipleChoiceField(
        label="重点名单", choices=Enterprise.KeyList.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    tags = WordsField(label="标签", longest=20, required=False, help_text="多个标签之间用、隔开，每个最多 20 字")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("key_lists") and not values.get("tags") and not self.errors:
            self.add_error(None, "请选择重点名单，或填写标签")
        return values

    def label(self, chosen: EnterpriseQuerySet) -> int:
        """How many changed."""
        labels = labelling.Labels(self.cleaned_data["key_lists"], self.cleaned_data["tags"])
        return (labelling.add if self.cleaned_data["act"] == ADD else labelling.remove)(chosen, labels)

    @property
    def words(self) -> str:
        """加上“重点工业”“专精特新”."""
        chosen = [Enterprise.KeyList(one).label for one in self.cleaned_data["key_lists"]] + self.cleaned_data["tags"]
        return dict(ACTS)[self.cleaned_data["act"]] + "".join(f"“{word}”" for word in chosen)
