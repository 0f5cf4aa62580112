"""The form of an enterprise. Personal data is shown masked: what is left empty stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q
from django.utils import timezone

from cadres.editing import VersionedForm
from cadres.fields import RegionField
from cadres.forms.departments import DepartmentChoice
from cadres.listing import date_input
from cadres.masking import masked_name, unmasked
from cadres.models import Department, Region
from cadres.search import normalise
from enterprises import contacts
from enterprises.models import OF_PROJECTS, Enterprise
from enterprises.rules import industries
from enterprises.rules.credit_code import LENGTH, normalise_code, problem_with

if TYPE_CHECKING:
    from cadres.models import Cadre

BETWEEN_WORDS: Final = re.compile(r"[,，、;；\s]+")
WITHOUT_CODE: Final = frozenset({Enterprise.Kind.TRADER, Enterprise.Kind.PROJECT})
COMPUTED: Final = [("", "按指标测算"), *Enterprise.Size.choices]


class WordsField(forms.CharField):
    """Several short words in one line, 、 or a blank between them; the value is their list."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        self.longest = longest
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        words = list(dict.fromkeys(word for word in BETWEEN_WORDS.split(normalise(super().clean(value) or "")) if word))
        if long := next((word for word in words if len(word) > self.longest), ""):
            raise forms.ValidationError(f"“{long[:20]}…”过长，每项最多 {self.longest} 字")
        return words


def clean_personal(typed: str, stored: str, masked: str) -> str:
    """What is typed, or what is stored where the field is left empty or still holds its mask."""
    try:
        return unmasked(normalise(typed), stored, masked) or stored
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error


class EnterpriseForm(VersionedForm[Enterprise]):
    region = RegionField(label="区域", help_text="选到镇街；尚未落到镇街的选区县")
    division = forms.ChoiceField(label="行业大类", required=False)
    group = forms.CharField(
        label="行业中类",
        max_length=3,
        required=False,
        help_text="3 位数字，选填，如 341；装卸、仓储和房地产业测算规模时需要",
    )
    size_choice = forms.ChoiceField(
        label="规模", choices=COMPUTED, required=False, help_text="按国统字〔2017〕213号测算，指标不全时为未定"
    )
    key_lists = forms.MultipleChoiceField(
        label="重点名单", choices=Enterprise.KeyList.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    responsible = DepartmentChoice(Department.objects.none(), label="责任部门", required=False, empty_label="请选择")
    electricity_accounts = WordsField(label="电力户号", longest=30, required=False, help_text="多个户号之间用、隔开")
    tags = WordsField(label="标签", longest=20, required=False, help_text="多个标签之间用、隔开")

    class Meta:
        model = Enterprise
        fields = (
            "kind",
            "name",
            "credit_code",
            "code_exception",
            "region",
            "region_since",
            "park",
            "address",
            "founded_on",
            "state",
            *OF_PROJECTS,
            "industry_group",
            "category",
            "key_lists",
            "headcount",
            "revenue_wan",
            "assets_wan",
            "electricity_accounts",
            "baseline_kwh",
            "legal_representative",
            "tags",
        )
        widgets = {  # noqa: RUF012 -- Django declares it so
            "kind": forms.RadioSelect,
            "credit_code": forms.TextInput(attrs={"maxlength": 40, "autocomplete": "off", "spellcheck": "false"}),
            "founded_on": date_input("成立日期"),
            "region_since": date_input("迁入日期"),
            "legal_representative": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        help_texts = {  # noqa: RUF012
            "credit_code": "18 位；个体工商户和重点工程可不填",
            "code_exception": "仅当营业执照上的代码确实通不过校验时填写，原因会保留",
            "region_since": "由外地迁入的填写",
            "project_code": "投资项目在线审批监管平台赋予的代码",
        }

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre
        self._offer_regions()
        self._offer_departments()
        self._offer_industries()
        self._mask("legal_representative", masked_name)
        self._ask_for_first_contact()
        self.initial["size_choice"] = self.instance.size if self.instance.size_entered else ""
        self.fields["kind"].choices = Enterprise.Kind.choices  # type: ignore[attr-defined]
        # Code points that look alike or can't be seen come along with what is copied; the length counts after them.
        self.fields["credit_code"].max_length = None  # type: ignore[attr-defined]
        self.fields["credit_code"].validators.clear()

    def _offer_regions(self) -> None:
        if self.instance.pk:
            # Another region is a move (enterprises.moving), with its day, reason and consequences.
            del self.fields["region"], self.fields["region_since"]
        else:
            region: Any = self.fields["region"]
            region.offer_to(self.cadre)
        park: Any = self.fields["park"]
        park.queryset = Region.objects.parks(self.instance.park_id)
        park.empty_label = "不在园区"

    def _offer_departments(self) -> None:
        """Those of today near the cadre, and the one that is responsible already."""
        near = Department.objects.visible_to(self.cadre).current()
        offered = Q(pk__in=near.values("pk")) | Q(pk=self.instance.responsible_id)
        field: Any = self.fields["responsible"]
        field.queryset = Department.objects.filter(offered).select_related("region").order_by("region__path", "name")

    def _offer_industries(self) -> None:
        division: Any = self.fields["division"]
        division.choices = [("", "请选择"), *industries.choices()]
        if found := industries.division(self.instance.industry):
            self.initial["division"] = found.full_code
            self.initial["group"] = industries.parse(self.instance.industry).group

    def _ask_for_first_contact(self) -> None:
        """A new enterprise may come with its main contact; later they have forms of their own."""
        if not self.instance.pk:
            dial = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
            self.fields["contact_name"] = forms.CharField(label="主要联系人", max_length=60, required=False)
            self.fields["contact_phone"] = forms.CharField(label="联系电话", max_length=30, required=False, widget=dial)

    def _mask(self, name: str, masked: Any) -> None:
        """Show what is stored as a placeholder alone; it neither goes out to the page nor is lost."""
        if stored := getattr(self.instance, name):
            self.initial[name] = ""
            self.fields[name].widget.attrs["placeholder"] = masked(stored)
            self.fields[name].help_text = f"现为 {masked(stored)}，不修改请留空"

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"])

    def clean_credit_code(self) -> str | None:
        return normalise_code(self.cleaned_data["credit_code"] or "") or None

    def clean_project_code(self) -> str:
        return normalise(self.cleaned_data["project_code"])

    def clean_legal_representative(self) -> str:
        stored = self.instance.legal_representative
        return clean_personal(self.cleaned_data["legal_representative"], stored, masked_name(stored))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        self._check_code(values)
        self._read_industry(values)
        self._check_project(values)
        return values

    def _check_project(self, values: dict[str, Any]) -> None:
        if values.get("kind") in (None, Enterprise.Kind.PROJECT):
            return
        for name in OF_PROJECTS:
            if values.get(name):
                self.add_error(name, "只有重点工程填写此项，请清空，或将主体类型改为重点工程")

    def _check_code(self, values: dict[str, Any]) -> None:
        code, reason = values.get("credit_code"), values.get("code_exception", "")
        if code is None:
            values["code_exception"] = ""
            if values.get("kind") and values["kind"] not in WITHOUT_CODE:
                self.add_error("credit_code", "请填写统一社会信用代码，个体工商户和重点工程可不填")
            return
        problem = problem_with(code)
        if len(code) > LENGTH or (problem and not reason):
            self.add_error("credit_code", f"{problem}确属历史例外的，请在下面填写例外原因。")
            return
        values["code_exception"] = reason if problem else ""
        self._refuse_second(code)

    def _refuse_second(self, code: str) -> None:
        other = Enterprise.objects.of_codes([code]).exclude(pk=self.instance.pk).first()
        if other is None:
            return
        is_seen = Enterprise.objects.visible_to(self.cadre).filter(pk=other.pk).exists()
        whose = f"“{other.name}”" if is_seen else "管辖范围以外的另一家企业"
        self.add_error("credit_code", f"该代码已登记为{whose}，请核对是否重复登记")

    def _read_industry(self, values: dict[str, Any]) -> None:
        division, group = values.get("division", ""), normalise(values.get("group", ""))
        if not division:
            values["industry"] = ""
            if group:
                self.add_error("division", "填写了行业中类，请同时选择行业大类")
            return
        if group and (len(group) != 3 or not group.startswith(division[1:]) or not group.isdecimal()):
            self.add_error("group", f"行业中类应为以 {division[1:]} 开头的 3 位数字")
            return
        values["industry"] = industries.parse(division[0] + group if group else division).code

    def save(self, commit: bool = True) -> Enterprise:
        self.instance.industry = self.cleaned_data["industry"]
        self.instance.size_entered = bool(self.cleaned_data["size_choice"])
        self.instance.size = self.cleaned_data["size_choice"]
        self.instance.recompute_size()
        is_new = not self.instance.pk
        saved = super().save(commit)
        if is_new:
            name, phone = (normalise(self.cleaned_data[name]) for name in ("contact_name", "contact_phone"))
            contacts.name_main({saved.pk: contacts.Person(name, phone)}, timezone.localdate())
        return saved
