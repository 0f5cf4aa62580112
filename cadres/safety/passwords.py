"""What a password must be, beside what Django's own validators ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from cadres.models import Cadre

# What people here would take first: the product's name, and what every list of guesses begins with. Compared in small
# letters, also with the signs that commonly stand for letters (P@ssw0rd).
WORDS: Final = (
    "zhuqi", "驻企", "password", "admin", "woaini", "iloveyou", "qwer", "asdf", "zxcv", "1qaz", "abc123", "12345",
    "54321", "666666", "888888",
)  # fmt: skip
DISGUISES: Final = str.maketrans("@$03", "asoe")

KINDS: Final = (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum())


class KindsValidator:
    """At least `kinds` of the four: capitals, small letters, digits, other signs."""

    def __init__(self, kinds: int = 3) -> None:
        self.kinds = kinds

    def validate(self, password: str, user: Cadre | None = None) -> None:
        if sum(any(map(is_kind, password)) for is_kind in KINDS) < self.kinds:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return f"密码须含大写字母、小写字母、数字、符号中的至少 {self.kinds} 种。"


class WordsValidator:
    """None of WORDS stands in it, however much is added."""

    def validate(self, password: str, user: Cadre | None = None) -> None:
        plain = password.lower()
        shown = (plain, plain.translate(DISGUISES))
        if any(word in text for word in WORDS for text in shown):
            raise ValidationError(self.get_help_text(), code="password_common_word")

    def get_help_text(self) -> str:
        return "密码里不能有容易猜到的内容：系统名称、password、admin，或 12345、qwer 这样连着的数字和键位。"


class NotTheSameValidator:
    """A changed password is another one."""

    def validate(self, password: str, user: Cadre | None = None) -> None:
        if user is not None and user.pk and user.has_usable_password() and user.check_password(password):
            raise ValidationError("新密码不能与原密码相同。", code="password_the_same")

    def get_help_text(self) -> str:
        return "新密码不能与原密码相同。"
