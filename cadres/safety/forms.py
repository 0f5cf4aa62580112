"""Forms of one's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm

from cadres.safety import second_factor

if TYPE_CHECKING:
    from cadres.http import CadreRequest
    from cadres.models import Cadre

NEW_ONE_MUST_BE = (
    "至少 10 位，含大写字母、小写字母、数字、符号中的至少 3 种，不能与用户名、姓名相近，不能有容易猜到的内容。"
)
WRONG_CODE = "验证码不对或已用过，请等验证器显示下一组数字再输入；连续输错要多等一会儿。"


class CodeForm(forms.Form):
    """Six digits of the authenticator, or a recovery code."""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        error_messages={"required": "请输入验证码"},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )

    def accepted_for(self, request: CadreRequest) -> bool:
        if second_factor.accept(request.user, self.cleaned_data["code"], request):
            return True
        self.add_error("code", WRONG_CODE)
        return False

    def refuse(self) -> None:
        self.add_error("code", WRONG_CODE)


class EnrolForm(CodeForm):
    """The first code of a new authenticator; whoever merely finds a browser signed in does not know the password."""

    password = forms.CharField(
        label="登录密码",
        strip=False,
        error_messages={"required": "请输入登录密码"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.cadre.check_password(password):
            raise forms.ValidationError("登录密码不对，请重新输入。")
        return password


class OwnPasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    error_messages = {  # noqa: RUF012 -- Django declares it so
        "password_incorrect": "原密码不对，请重新输入。",
        "password_mismatch": "两次输入的新密码不一样。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (
            ("old_password", "原密码"),
            ("new_password1", "新密码"),
            ("new_password2", "再输一次新密码"),
        ):
            field: forms.Field = self.fields[name]
            field.label = label
            field.error_messages["required"] = f"请输入{label}" if name != "new_password2" else "请再输入一次新密码"
        self.fields["new_password1"].help_text = NEW_ONE_MUST_BE

    def save(self, commit: bool = True) -> Any:
        self.user.must_change_password = False
        return super().save(commit)
