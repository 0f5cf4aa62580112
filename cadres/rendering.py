"""How forms become HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.forms.renderers import DjangoTemplates
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
    whole = f'<select name="{_escaped(widget["name"])}"{_attributes(widget["attrs"])}>{inner}\n</select>'
    return mark_safe(whole)  # noqa: S308 - every part is escaped


def _group(name: Any, options: list[dict[str, Any]]) -> str:
    inner = "".join(_option(option) for option in options)
    return f'\n  <optgroup label="{_escaped(name)}">{inner}\n  </optgroup>' if name else inner


def _option(option: dict[str, Any]) -> str:
    value, label = escape(str(option["value"])), _escaped(option["label"])
    return f'\n  <option value="{value}"{_attributes(option["attrs"])}>{label}</option>'


def _attributes(attributes: Mapping[str, Any]) -> str:
    """True stands alone, False is left out."""
    told = [(_escaped(name), value) for name, value in attributes.items() if value is not False]
    return "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in told)


def _escaped(text: Any) -> str:
    """As Django's conditional_escape(), less what lazy texts cost it."""
    return str(text.__html__()) if hasattr(text, "__html__") else escape(str(text))
