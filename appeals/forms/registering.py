"""The form that registers an appeal and changes a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms

from appeals.forms.steps import evidence
from appeals.models import Appeal, Category
from appeals.models.appeal import SHORTEST_DESCRIPTION
from appeals.models.tables import Urgency
from cadres.search import tidy

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict
    from django.utils.datastructures import MultiValueDict

SAVE_AS_DRAFT: Final = "draft"
COLUMNS: Final = ("nature", "title", "description", "category", "urgency", "source")
LONGEST_DESCRIPTION: Final = 1000


class AppealForm(forms.Form):
    """What a specialist writes down. A draft may still lack its description."""

    client_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    nature = forms.ChoiceField(label="性质", choices=Appeal.Nature.choices, widget=forms.RadioSelect)
    title = forms.CharField(label="标题", max_length=40, help_text="一句话说清楚什么事卡在哪里，不超过 40 个字")
    description = forms.CharField(
        label="描述",
        max_length=LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"起因、数量、已经找过谁、希望怎么解决，{SHORTEST_DESCRIPTION} 到 {LONGEST_DESCRIPTION} 个字",
    )
    category = forms.ModelChoiceField(Category.objects.none(), label="类别", empty_label="请选择")
    urgency = forms.ChoiceField(
        label="紧急程度", choices=Urgency.choices, widget=forms.RadioSelect, help_text="你提出建议，由助企办确定"
    )
    source = forms.ChoiceField(label="来源", choices=Appeal.Source.choices)
    uploads = evidence()

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[bytes]] | None = None,
        *,
        draft: Appeal | None = None,
    ) -> None:
        super().__init__(data, files, initial=_of_draft(draft) if draft else _of_nothing())
        self.is_draft = data is not None and data.get("act") == SAVE_AS_DRAFT
        category: Any = self.fields["category"]
        chosen = [draft.category_id] if draft else []
        category.queryset = Category.objects.filter(active=True) | Category.objects.filter(pk__in=chosen)
        self.fields["description"].required = not self.is_draft

    def clean_title(self) -> str:
        title = tidy(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError("请填写标题")
        return title

    def clean_description(self) -> str:
        text: str = self.cleaned_data["description"]
        if not self.is_draft and len(text) < SHORTEST_DESCRIPTION:
            raise forms.ValidationError(f"请至少写 {SHORTEST_DESCRIPTION} 个字，或先存草稿")
        return text

    @property
    def columns(self) -> dict[str, Any]:
        """The valid values by the appeal's columns."""
        return {name: self.cleaned_data[name] for name in COLUMNS}


def _of_draft(draft: Appeal) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in COLUMNS} | {"version": draft.version}


def _of_nothing() -> dict[str, Any]:
    return {
        "client_id": uuid4(),
        "nature": Appeal.Nature.DIFFICULTY,
        "urgency": Urgency.ORDINARY,
        "source": Appeal.Source.VISIT,
    }
