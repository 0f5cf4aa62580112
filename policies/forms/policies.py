"""The forms of a policy and of its items; a second editor is told what the first one changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from cadres.editing import VersionedForm
from cadres.fields import RegionField
from cadres.listing import date_input
from cadres.models import Department
from cadres.search import tidy
from cadres.uploads import UploadsField
from policies.models import Item, Policy

if TYPE_CHECKING:
    from cadres.models import Cadre


class PolicyForm(VersionedForm[Policy]):
    """A policy of a region of the cadre's own scope, with files to be added."""

    region = RegionField(label="适用区域", empty_label=None)
    documents = UploadsField(label="添加文件", help_text="原文、申报表等，可多选，每个不超过 20 MB")

    class Meta:
        model = Policy
        fields = (
            "title",
            "document_number",
            "issuer",
            "level",
            "category",
            "region",
            "valid_from",
            "valid_until",
            "text",
        )
        widgets = {  # noqa: RUF012 -- Django declares it so
            "valid_from": date_input("生效日期"),
            "valid_until": date_input("失效日期"),
            "category": forms.RadioSelect,
            "level": forms.RadioSelect,
            "text": forms.Textarea(attrs={"rows": 10}),
        }

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: Any = self.fields["region"]
        region.offer_to(cadre, self.instance.region_id)
        if self.instance.pk:
            self.initial["region"] = self.instance.region  # its code is the choice's value, not its key
        elif cadre.region:
            self.initial.setdefault("region", cadre.region.code)

    def clean_title(self) -> str:
        return tidy(self.cleaned_data["title"])

    def clean_document_number(self) -> str:
        return tidy(self.cleaned_data["document_number"])


class ItemForm(VersionedForm[Item]):
    """An item of a policy. Its responsible department is of the policy's region, below it or above it."""

    department = forms.ModelChoiceField(Department.objects.none(), label="责任部门", empty_label="请选择")

    class Meta:
        model = Item
        fields = (
            "name",
            "department",
            "granting",
            "pays_money",
            "standard",
            "amount",
            "rate",
            "cap",
            "criteria",
            "opens_on",
            "closes_on",
            "materials",
            "promised_days",
            "budget",
        )
        widgets = {  # noqa: RUF012 -- Django declares it so
            "opens_on": date_input("申报开始"),
            "closes_on": date_input("申报截止"),
            "granting": forms.RadioSelect,
            "criteria": forms.Textarea(attrs={"rows": 4}),
            "materials": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.policy = policy
        codes = policy.region.path.rstrip("/").split("/")
        near = Q(region__code__in=codes) | Q(region__path__startswith=policy.region.path)
        department: Any = self.fields["department"]
        kept = Department.objects.filter(pk=self.instance.department_id or 0)
        department.queryset = (Department.objects.current().filter(near) | kept).select_related("region")

    def clean_name(self) -> str:
        return tidy(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("pays_money") is False and self.instance.pk and self._has_been_approved():
            self.add_error("pays_money", "该事项已有核定、拨付的记录，不能改为不拨付资金")
        return values

    def _has_been_approved(self) -> bool:
        return self.instance.fulfilments.exclude(amount_approved=None).exists()
