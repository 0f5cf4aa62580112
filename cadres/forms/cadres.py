from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Q

from cadres.editing import VersionedForm
from cadres.forms.departments import DepartmentChoice
from cadres.models import Cadre, Department
from cadres.models.people import ADMINISTRATORS_LOCK
from cadres.roles import ADMINISTRATORS, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

EXCLUSIVE: Final = "系统管理员、安全管理员、审计管理员互相排斥，也不能兼任业务角色，请只保留其中一个。"


class CadreFields(VersionedForm[Cadre]):
    department = DepartmentChoice(Department.objects.none(), label="单位", empty_label="请选择")

    halves = frozenset({"username", "name", "phone", "email", "title"})

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre
        offered = Department.objects.administered_by(cadre).current()
        kept = Department.objects.filter(Q(pk__in=offered.order_by().values("pk")) | Q(pk=self.instance.department_id))
        queryset = kept.select_related("region").order_by("region__path", "name")
        self.fields["department"].queryset = queryset  # type: ignore[attr-defined]


class NewCadreForm(CadreFields):
    class Meta:
        model = Cadre
        fields = ("username", "name", "department", "title", "phone", "email")
        help_texts: ClassVar[dict[str, str]] = {"username": "登录时使用，保存后不能更改"}
        error_messages: ClassVar[dict[str, Any]] = {"username": {"unique": "这个用户名已被使用，请换一个。"}}


class CadreForm(CadreFields):
    class Meta:
        model = Cadre
        fields = ("name", "department", "title", "phone", "email", "is_active")
        help_texts: ClassVar[dict[str, str]] = {
            "department": "换单位后，原单位的诉求立即不再可见；本人的包联保留到移交为止",
            "is_active": "停用后不能登录，已登录的立即退出",
        }

    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if self.instance.is_active and not active:
            if self.instance == self.cadre:
                raise forms.ValidationError("不能停用自己的账号。")
            if last := last_held(self.instance, self.instance.roles):
                raise forms.ValidationError(f"这是最后一个启用的{last.label}，不能停用；请先授权他人。")
        return active


class GrantForm(VersionedForm[Cadre]):
    """The roles of one cadre. The view has made sure that nobody edits their own."""

    roles = forms.MultipleChoiceField(
        label="角色", choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Cadre
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["roles"] = [role.value for role in Role if role in self.instance.roles]

    def clean_roles(self) -> list[Role]:
        roles = [Role(value) for value in self.cleaned_data["roles"]]
        if ADMINISTRATORS.intersection(roles) and len(roles) > 1:
            raise forms.ValidationError(EXCLUSIVE)
        if last := last_held(self.instance, self.instance.roles - set(roles)):
            raise forms.ValidationError(f"这是最后一个启用的{last.label}，不能收回；请先授权他人。")
        return roles

    def save(self, commit: bool = True) -> Cadre:
        """Groups that are no roles stay."""
        cadre = super().save(commit)
        others = cadre.groups.exclude(name__in=Role.values)
        wanted = Group.objects.filter(Q(pk__in=others.values("pk")) | Q(name__in=self.cleaned_data["roles"]))
        cadre.groups.set(list(wanted))
        return cadre


def last_held(cadre: Cadre, roles: Iterable[Role]) -> Role | None:
    """The administrator's role among these that nobody else active holds. Others who ask wait until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADMINISTRATORS_LOCK])
    held = (role for role in roles if role in ADMINISTRATORS and cadre.is_active)
    return next((role for role in held if not Cadre.objects.holding(role).exclude(pk=cadre.pk).exists()), None)
