"""How forms become HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

SELECT: Final = forms.Select.template_name


class Renderer(DjangoTemplates):
    """Django's own, but that a select's options, of which lists have hundreds, don't take two templates each."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        if template_name == SELECT:
            return _select(context["widget"])
        return mark_safe(super().render(template_name, context, request))  # noqa: S308 - as the engine does


def _select(widget: dict[str, Any]) -> SafeString:
    """What django/forms/widgets/select.html makes of it, but for blank lines."""
    inner = "".join(_group(name, options) for name, options, _ in widget["optgroups"])
    whole = f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>{inner}\n</select>'
    return mark_safe(whole)  # noqa: S308 - every part is escaped


def _group(name: Any, options: list[dict[str, Any]]) -> str:
    inner = "".join(_option(option) for option in options)
    return f'\n  <optgroup label="{conditional_escape(name)}">{inner}\n  </optgroup>' if name else inner


def _option(option: dict[str, Any]) -> str:
    value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
    return f'\n  <option value="{value}"{_attributes(option["attrs"])}>{label}</option>'


def _attributes(attributes: Mapping[str, Any]) -> str:
    """True stands alone, False is left out."""
    told = [(conditional_escape(name), value) for name, value in attributes.items() if value is not False]
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"' for name, value in told
    )
