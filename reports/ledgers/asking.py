"""Asking for a ledger: the filter of a list, checked, in words, and kept with the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db import IntegrityError, transaction
from django.http import QueryDict

from reports.ledgers.kinds import kind_named
from reports.models import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cadres.listing import FilterForm
    from cadres.models import Cadre

RIGHT: Final = "reports.export_ledger"
NO_RIGHT: Final = "导出台账需要业务角色，请联系本单位安全管理员。"
LONGEST_FILTER: Final = 2000
EVERYTHING: Final = "全部"
NOTHING: Final = ("", EVERYTHING)


class FilterError(Exception):
    """A filter that means nothing; the text is Chinese sentences that say why."""


def form_of(kind: str, query: str, cadre: Cadre, now: datetime) -> FilterForm:
    """The list's own form, bound to a query of its address; FilterError if the list would complain."""
    found = kind_named(kind)
    data = QueryDict(query)
    form = found.form(data, cadre, now)
    complaints = form.complaints()
    sort = data.get("sort", "")
    if sort and sort.removeprefix("-") not in found.sorts:
        complaints.append(f"不能按“{sort[:30]}”排序")
    if len(query) > LONGEST_FILTER:
        complaints.append("筛选条件太长，请减少一些")
    if complaints:
        raise FilterError("；".join(complaints))
    return form


def ask(kind: str, query: str, *, by: Cadre, now: datetime) -> Ledger:
    """The job that makes what a list shows under this query: a new one, or the one that is being made already.

    FilterError if the list would complain of the query.
    """
    form = form_of(kind, query, by, now)
    wanted = {"asked_by": by, "kind": kind, "filter": _canonical(kind, form)}
    running = Ledger.objects.filter(**wanted).waiting()
    if (found := running.first()) is not None:
        return found
    try:
        with transaction.atomic():
            return Ledger.objects.create(**wanted, filter_words=in_words(form), asked_at=now)
    except IntegrityError:  # asked for twice in the same moment
        return running.get()


def in_words(form: FilterForm) -> str:
    """起始 and 截止 together, every choice by its label: 区域：澜北区；时限：已超期."""
    return "；".join(f"{label}：{words}" for label, words in _set(form)) or EVERYTHING


def _set(form: FilterForm) -> Iterator[tuple[str, str]]:
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if name == "from":
            first, last = form.cleaned_data["from"], form.cleaned_data["to"]
            if first or last:
                yield form.dates, f"{first or '最早'} 至 {last or '今天'}"
        elif name != "to" and (words := _words(form, name, field, value)) not in NOTHING:
            yield str(field.label), words


def _words(form: FilterForm, name: str, field: forms.Field, value: Any) -> str:
    """The value by its label. A list may give a choice to those who choose nothing (应享未享); then it is said."""
    if isinstance(field, forms.ModelChoiceField):
        return str(value or "")
    if isinstance(field, forms.ChoiceField):
        return str(_flat(field.choices).get(value, value))
    return str(form.data.get(name, "")).strip()


def _flat(choices: Any) -> dict[str, Any]:
    """The labels of choices, also of those that stand in groups."""
    found: dict[str, Any] = {}
    for value, label in choices:
        found |= _flat(label) if isinstance(label, list | tuple) else {value: label}
    return found


def _canonical(kind: str, form: FilterForm) -> str:
    """The query without what changes nothing, in the order of the form: the same filter is the same text."""
    query = QueryDict(mutable=True)
    for name in form.fields:
        if value := form.data.get(name):
            query[name] = value
    sort = form.data.get("sort")
    if sort and sort != kind_named(kind).default_sort:
        query["sort"] = sort
    return query.urlencode()
