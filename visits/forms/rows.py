"""The repeating parts of the form of a visit: appeals that were raised, policy facts that came to light."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from django import forms

from appeals.models import Appeal, Category
from appeals.models.tables import Urgency
from appeals.registration import Settlement
from cadres.search import tidy
from policies.facts import Fact, FactKind
from policies.models import Item
from visits.forms.visit import LONGEST_TEXT, text_area

MOST_APPEALS: Final = 100
MOST_FACTS: Final = 50
SETTLEMENT: Final = ("settled", "done", "agreed_by")
R = TypeVar("R", bound=forms.Form)


class AppealRow(forms.Form):
    """One difficulty raised during the visit."""

    title = forms.CharField(
        label="诉求标题",
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "一句话说清什么事", "autocomplete": "off"}),
    )
    category = forms.ChoiceField(label="诉求类别")
    urgency = forms.ChoiceField(
        label="建议紧急程度",
        choices=Urgency.choices[::-1],
        widget=forms.RadioSelect,
        initial=Urgency.ORDINARY,
    )
    nature = forms.ChoiceField(
        label="诉求性质",
        choices=Appeal.Nature.choices,
        widget=forms.RadioSelect,
        initial=Appeal.Nature.DIFFICULTY,
    )
    description = forms.CharField(
        label="诉求描述",
        min_length=10,
        max_length=LONGEST_TEXT,
        widget=text_area("什么事、影响多大、希望谁来办"),
    )

    settled = forms.BooleanField(label="现场已解决，无需转办", required=False)
    done = forms.CharField(
        label="怎样解决的", max_length=LONGEST_TEXT, widget=text_area("做了什么、依据什么", 2), required=False
    )
    agreed_by = forms.CharField(
        label="企业认可人",
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "姓名和职务", "autocomplete": "off"}),
        required=False,
    )

    def __init__(
        self, *args: Any, categories: Mapping[int, Category], may_settle: Callable[[], bool], **kwargs: Any
    ) -> None:
        self.categories = categories
        super().__init__(*args, **kwargs)
        is_asked = not self.is_bound or self["settled"].data
        if is_asked and not may_settle():
            for name in SETTLEMENT:
                del self.fields[name]
        choices = [("", "请选择"), *((str(pk), category.name) for pk, category in categories.items())]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        title = tidy(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError("请填写")
        return title

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("settled"):
            for name in ("done", "agreed_by"):
                if name in values and not tidy(values[name]):
                    self.add_error(name, "现场已解决的请填写")
        return values

    def columns(self, manner: str) -> dict[str, Any]:
        """Columns of Appeal, and how it was settled if that was on the spot of a visit of this manner."""
        values = {name: self.cleaned_data[name] for name in self.fields if name not in (*SETTLEMENT, "DELETE")}
        if self.cleaned_data.get("settled"):
            values["settled"] = Settlement(self.cleaned_data["done"], tidy(self.cleaned_data["agreed_by"]), manner)
        return values

    def clean_category(self) -> Category:
        return self.categories[int(self.cleaned_data["category"])]


class FactRow(forms.Form):
    """One policy fact: about which item and period, what, and what stands in the way."""

    item = forms.ChoiceField(label="政策事项")
    kind = forms.ChoiceField(
        label="兑现情况", choices=FactKind.choices, widget=forms.RadioSelect, initial=FactKind.HEARD
    )
    text = forms.CharField(label="说明", max_length=500, required=False, widget=text_area("有堵点的写明卡在哪里", 2))

    def __init__(self, *args: Any, offers: Callable[[], Offers], **kwargs: Any) -> None:
        self.offers = offers
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = lambda: [("", "请选择"), *offers().choices]  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("kind") == FactKind.BLOCKED and not values.get("text"):
            self.add_error("text", "有堵点的请写明卡在哪里")
        return values

    @property
    def fact(self) -> Fact:
        values = self.cleaned_data
        item, period = self.offers().items[values["item"]]
        return Fact(item, period, FactKind(values["kind"]), values["text"])


class Offers:
    """Items of which a fact can be told, each with its period: `items` by value, `choices` as a select shows them."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[tuple[Item, str, str]]]]) -> None:
        self.items: dict[str, tuple[Item, str]] = {}
        self.choices: list[tuple[str, list[tuple[str, str]]]] = []
        for heading, offered in groups:
            keys = [f"{item.pk}:{period}" for item, period, _ in offered]
            self.items |= {key: (item, period) for key, (item, period, _) in zip(keys, offered, strict=True)}
            self.choices.append((heading, [(key, words) for key, (_, _, words) in zip(keys, offered, strict=True)]))


class Rows(forms.BaseFormSet[R]):
    """A repeating part. Every row that is there was asked for, so an empty one is refused like any other."""

    row_label: ClassVar[str]
    unit: ClassVar[str]
    extra = min_num = 0
    can_order = validate_min = False
    can_delete = can_delete_extra = validate_max = True
    renderer = None
    deletion_widget = forms.HiddenInput

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Sequence[Mapping[str, Any]] = (), **shared: Any
    ) -> None:
        kwargs = {**shared, "empty_permitted": False, "use_required_attribute": False}
        messages = {"too_many_forms": f"一次走访最多登记 {self.max_num} {self.unit}{self.row_label}"}
        super().__init__(
            data, prefix=self.get_default_prefix(), initial=initial, form_kwargs=kwargs, error_messages=messages
        )
        self.extra = len(initial)

    def initial_form_count(self) -> int:
        """No row is stored yet, whatever is typed in it already."""
        return 0

    @property
    def shown(self) -> int:
        """How many rows are there and not taken away again."""
        return len([row for row in self if not row["DELETE"].value()])


class AppealRows(Rows[AppealRow]):
    form = AppealRow
    row_label, unit = "诉求", "件"
    max_num = absolute_max = MOST_APPEALS

    @classmethod
    def get_default_prefix(cls) -> str:
        return "appeals"

    def appeals(self, manner: str) -> list[dict[str, Any]]:
        """What was raised, as columns of Appeal."""
        return [row.columns(manner) for row in self.forms]


class FactRows(Rows[FactRow]):
    form = FactRow
    row_label, unit = "政策兑现情况", "条"
    max_num = absolute_max = MOST_FACTS

    @classmethod
    def get_default_prefix(cls) -> str:
        return "facts"

    @property
    def facts(self) -> list[Fact]:
        return [row.fact for row in self.forms]
