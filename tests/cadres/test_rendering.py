"""Selects look as Django's own templates make them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import SafeString, mark_safe

from cadres.rendering import Renderer

NASTY = "<b>'𠮷\"&=1+1"
FLAT = [("", "全部"), (1, NASTY), (NASTY, mark_safe("<i>斜</i>")), ("990102", "　山湾区")]
GROUPED = [("", "全部"), (f"组{NASTY}", [(7, "七"), (8, "八")]), ("另一组", FLAT)]


def lines(rendered: SafeString) -> list[str]:
    assert isinstance(rendered, SafeString)
    return [line for line in rendered.splitlines() if line.strip()]


@pytest.mark.parametrize("choices", [FLAT, GROUPED], ids=["flat", "grouped"])
@pytest.mark.parametrize("value", ["", None, 1, NASTY, "8", ["7", NASTY]], ids=str)
@pytest.mark.parametrize(
    "attrs",
    [{}, {"required": True, "disabled": False, "class": NASTY, "data-rows": 3}],
    ids=["plain", "with attributes"],
)
def test_a_select_is_that_of_djangos_templates(choices: list[Any], value: Any, attrs: dict[str, Any]) -> None:
    kind = forms.SelectMultiple if isinstance(value, list) else forms.Select
    widget = kind(choices=choices)
    own, theirs = (widget.render(NASTY, value, attrs, renderer) for renderer in (Renderer(), DjangoTemplates()))
    assert lines(own) == lines(theirs)


def test_every_form_is_made_so() -> None:
    assert isinstance(get_default_renderer(), Renderer)
