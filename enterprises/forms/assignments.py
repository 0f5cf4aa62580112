from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils import timezone

from cadres.listing import date_input
from cadres.models import Cadre
from cadres.search import normalise
from enterprises import assigning, candidates
from enterprises.models import Assignment, Campaign, Enterprise

if TYPE_CHECKING:
    from datetime import datetime

Role = Assignment.Role
MANY: Final = 200
LONGEST_KEY: Final = 18


class CadreField(forms.ModelChoiceField[Cadre]):
    """One of the cadres found; the page offers a few as radio buttons, whoever is in scope is accepted."""

    def __init__(self, **options: Any) -> None:
        wording = {"required": "请选择一名干部", "invalid_choice": "该干部不在可选范围内，请重新查找"}
        super().__init__(Cadre.objects.none(), error_messages=wording, **options)


class _CampaignForm(forms.Form):
    """What assigning one and assigning many have in common: in which campaign, whom, from when."""

    campaign = forms.ModelChoiceField(Campaign.objects.none(), label="专项行动", empty_label=None)
    cadre = CadreField(label="干部")
    starts_on = forms.DateField(label="起始日期", widget=date_input("起始日期"))

    def __init__(self, *args: Any, by: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        today = timezone.localdate()
        campaign: Any = self.fields["campaign"]
        campaign.queryset = Campaign.objects.visible_to(by).running(today).order_by("-starts_on", "name")
        self.initial.setdefault("starts_on", today)

    def allow(self, role: Assignment.Role) -> None:
        cadre: Any = self.fields["cadre"]
        cadre.queryset = candidates.offered_to(self.by, role)


class AssignForm(_CampaignForm):
    """A place in the team of one enterprise. `seen` are the rows that the page showed as holding such places."""

    role = forms.ChoiceField(label="职责", choices=Role.choices, widget=forms.RadioSelect, initial=Role.SPECIALIST)
    reason = forms.CharField(
        label="变更原因", max_length=200, required=False, help_text="更换现任专员或包联领导时必填，如工作调动"
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order = ("role", "campaign", "cadre", "starts_on", "reason", "seen")

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enterprise = enterprise
        campaign: Any = self.fields["campaign"]
        campaign.queryset = campaign.queryset.reaching(enterprise)
        self.holding = list(
            enterprise.assignments.lasting_beyond(timezone.localdate())
            .exclude(role=Role.MEMBER)
            .select_related("campaign", "cadre__department")
            .order_by("campaign", "role", "starts_on")
        )
        self.initial.setdefault("seen", ",".join(str(row.pk) for row in self.holding))
        self.allow(self.place)

    @property
    def place(self) -> Assignment.Role:
        """The place that is asked for, also where the form is not valid."""
        asked = self["role"].value()
        return Role(asked) if asked in Role.values else Role.SPECIALIST

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self._instead_of() and not normalise(values.get("reason", "")):
            self.add_error("reason", "请填写更换现任的原因")
        return values

    def _instead_of(self) -> Assignment | None:
        """Who holds the place, if that is who the page showed."""
        values = self.cleaned_data
        if not {"campaign", "starts_on", "role"} <= values.keys() or self.place == Role.MEMBER:
            return None
        present = assigning.holders([self.enterprise], values["campaign"], self.place, values["starts_on"])
        seen = values.get("seen", "").split(",")
        return next((row for row in present if str(row.pk) in seen), None)

    def assign(self, now: datetime) -> Assignment:
        values = self.cleaned_data
        return assigning.assign(
            self.enterprise,
            values["campaign"],
            values["cadre"],
            self.place,
            by=self.by,
            now=now,
            starts_on=values["starts_on"],
            instead_of=self._instead_of(),
            reason=normalise(values["reason"]),
        )


class AssignManyForm(_CampaignForm):
    """One specialist for several ticked enterprises."""

    pk = forms.ModelMultipleChoiceField(
        Enterprise.objects.none(),
        label="企业",
        widget=forms.MultipleHiddenInput,
        error_messages={"required": "请先勾选企业", "invalid_choice": "有企业不在管辖范围内，请重新勾选"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        enterprises: Any = self.fields["pk"]
        enterprises.queryset = Enterprise.objects.visible_to(self.by).select_related("region")
        self.allow(Role.SPECIALIST)

    def clean_pk(self) -> list[Enterprise]:
        chosen = list(self.cleaned_data["pk"])
        if len(chosen) > MANY:
            raise forms.ValidationError(f"一次最多安排 {MANY} 家，请分批办理")
        return chosen

    def chosen(self, keys: list[str]) -> list[Enterprise]:
        """Those of the ticked ones that are in scope."""
        numbers = [key for key in keys[:MANY] if key.isascii() and key.isdecimal() and len(key) < LONGEST_KEY]
        enterprises: Any = self.fields["pk"]
        return list(enterprises.queryset.filter(pk__in=numbers).order_by("initials", "pk"))

    def assign(self, now: datetime) -> assigning.Outcome:
        values = self.cleaned_data
        return assigning.assign_many(
            values["pk"],
            values["campaign"],
            values["cadre"],
            by=self.by,
            now=now,
            starts_on=values["starts_on"],
        )


class EndForm(forms.Form):
    ends_on = forms.DateField(
        label="结束日期", widget=date_input("结束日期"), help_text="自这一天起不再包联", initial=timezone.localdate
    )
    reason = forms.CharField(label="原因", max_length=200)
