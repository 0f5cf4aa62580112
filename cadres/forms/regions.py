from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms

from cadres.editing import VersionedForm
from cadres.models import Department, Region

if TYPE_CHECKING:
    from cadres.models import Cadre

Kind = Region.Kind

CODE_LENGTH: Final = 12
# How many digits of its code a region has in common with everything in it (统计用区划代码).
COMMON: Final[dict[str, int]] = {Kind.CITY: 4, Kind.DISTRICT: 6, Kind.TOWN: 9}
ABOVE: Final[dict[str, tuple[str, ...]]] = {
    Kind.DISTRICT: (Kind.CITY,),
    Kind.PARK: (Kind.CITY, Kind.DISTRICT),
    Kind.TOWN: (Kind.DISTRICT, Kind.PARK),
    Kind.VILLAGE: (Kind.TOWN,),
}


class RegionChoice(forms.ModelChoiceField[Region]):
    """A region of the tree, indented by its depth; its value is the key."""

    def label_from_instance(self, obj: Region) -> str:
        return "　" * (obj.path.count("/") - 1) + obj.name


class NewRegionForm(VersionedForm[Region]):
    parent = RegionChoice(Region.objects.none(), label="上级")

    class Meta:
        model = Region
        fields = ("parent", "kind", "code", "name")
        help_texts: ClassVar[dict[str, str]] = {"code": "12 位统计用区划代码，保存后不能更改"}
        widgets: ClassVar[dict[str, Any]] = {"code": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 12})}
        error_messages: ClassVar[dict[str, Any]] = {"code": {"unique": "已有代码相同的区域，请核对。"}}

    halves = frozenset({"parent", "kind", "code", "name"})

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = Region.objects.administered_by(cadre).active().exclude(kind=Kind.VILLAGE)
        self.fields["parent"].queryset = inner.order_by("path")  # type: ignore[attr-defined]
        kinds = [choice for choice in Kind.choices if choice[0] != Kind.CITY]
        self.fields["kind"] = forms.ChoiceField(label="类型", choices=[("", "请选择"), *kinds])

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not (code.isascii() and code.isdecimal() and len(code) == CODE_LENGTH):
            raise forms.ValidationError("区划代码应为 12 位数字。")
        return code

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        parent, kind, code = values.get("parent"), values.get("kind"), values.get("code")
        if not (parent and kind and code):
            return values
        if parent.kind not in ABOVE[kind]:
            words = "、".join(str(Kind(one).label) for one in ABOVE[kind])
            self.add_error("parent", f"{Kind(kind).label}的上级应为{words}。")
        common = COMMON.get(parent.kind, 0)
        if kind != Kind.PARK and code[:common] != parent.code[:common]:
            self.add_error("code", f"{parent}下级的代码应以 {parent.code[:common]} 开头。")
        return values


class RegionForm(VersionedForm[Region]):
    """Code, kind and parent stay: the keys and scopes of everything in a region hang on them."""

    class Meta:
        model = Region
        fields = ("name", "active")
        help_texts: ClassVar[dict[str, str]] = {"active": "停用后不能再用于新的登记，原有数据照旧"}

    def clean_active(self) -> bool:
        active: bool = self.cleaned_data["active"]
        if not active and (names := self._still_used()):
            raise forms.ValidationError(f"还有启用中的{names}，请先停用。")
        return active

    def _still_used(self) -> str:
        """The first few of the regions and departments that stand in the way."""
        inner = Region.objects.active().filter(parent=self.instance).values_list("name", flat=True)[:3]
        units = Department.objects.current().filter(region=self.instance).values_list("name", flat=True)[:3]
        return "、".join([*inner, *units])
