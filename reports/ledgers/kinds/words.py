"""Stored facts of an enterprise in the words of a sheet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db.models import Case, Value, When

from enterprises.models import Enterprise
from enterprises.rules import industries

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


@cache
def industry(code: str) -> str:
    """C34 通用设备制造业."""
    division = industries.division(code) if code else None
    return f"{code} {division.name}" if division else code


def size(path: str) -> Combinable:
    """大型 as entered, 大型（测算） as computed, 未定 where a fact is missing; as Enterprise.size_display says it."""
    labels = dict(Enterprise.Size.choices)
    cases = [When(**{f"{path}size": value, f"{path}size_entered": True}, then=Value(labels[value])) for value in labels]
    cases += [When(**{f"{path}size": value}, then=Value(f"{labels[value]}（测算）")) for value in labels]
    return Case(*cases, default=Value("未定"))
