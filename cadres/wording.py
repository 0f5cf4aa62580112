"""What forms say when they refuse, for the whole product: what to do, not what is invalid."""

from typing import Any, Final

from django import forms
from django.core import validators

FIELDS: Final[dict[type[forms.Field], dict[str, str]]] = {
    forms.Field: {"required": "请填写"},
    forms.ChoiceField: {"required": "请选择", "invalid_choice": "“%(value)s”不是可选的值"},
    forms.MultipleChoiceField: {"required": "请选择", "invalid_choice": "“%(value)s”不是可选的值"},
    forms.ModelChoiceField: {"required": "请选择", "invalid_choice": "“%(value)s”不是可选的值"},
    forms.ModelMultipleChoiceField: {"required": "请选择", "invalid_choice": "“%(value)s”不是可选的值"},
    forms.BooleanField: {"required": "请勾选"},
    forms.FileField: {"required": "请选择文件", "empty": "这是个空文件，请重新选择"},
    forms.IntegerField: {"invalid": "请填整数"},
    forms.DecimalField: {"invalid": "请填数字"},
    forms.DateField: {"invalid": "请填日期，如 2026-11-20"},
    forms.DateTimeField: {"invalid": "请填日期和时间，如 2026-11-20 10:12"},
    forms.TimeField: {"invalid": "请填时间，如 10:12"},
}
VALIDATORS: Final[dict[Any, str]] = {
    validators.ProhibitNullCharactersValidator: "含有不能用的字符",
    validators.MaxValueValidator: "不能大于 %(limit_value)s",
    validators.MinValueValidator: "不能小于 %(limit_value)s",
    validators.MaxLengthValidator: "最多 %(limit_value)d 字，现有 %(show_value)d 字",
    validators.MinLengthValidator: "至少 %(limit_value)d 字，现有 %(show_value)d 字",
}


def connect() -> None:
    """Put the sentences in place of Django's; a field's own error_messages still go first."""
    for field, sentences in FIELDS.items():
        # Each class of field gathers its messages from the classes above it, so only its own are touched.
        field.default_error_messages = vars(field).get("default_error_messages", {}) | sentences
    for validator, sentence in VALIDATORS.items():
        validator.message = sentence
