"""Reading the history: who changed what of a row, or of a whole table, when, from what to what, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import apps
from django.db import models
from django.utils import timezone

from cadres.masking import masked_name
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWN: Final = 30
LONGEST: Final = 300  # of a value, in characters
EMPTY: Final = "空"
TITLES: Final = {"insert": "新增", "update": "修改", "delete": "删除"}
ICONS: Final = {"新增": ("plus", "green"), "修改": ("edit", ""), "删除": ("trash", "red")}

State = dict[str, Any]
Key = tuple[type[models.Model], Any]


class Links(NamedTuple):
    """A many-to-many table whose changes belong to its owner's history."""

    through: str
    owner: str
    other: str
    label: str


# By model: which links are part of its history. The apps above name their own by dotted label.
LINKS: Final[dict[str, tuple[Links, ...]]] = {
    "cadres.Cadre": (Links("cadres.CadreRole", "cadre", "group", "角色"),),
    "enterprises.Campaign": (Links("enterprises.CampaignRegion", "campaign", "region", "区域"),),
}


# What pages mask is masked here too.
MASKS: Final[dict[str, Callable[[str], str]]] = {"enterprises.Enterprise.legal_representative": masked_name}


class Together(NamedTuple):
    """What people read together with a field, and how: an amount with its unit.

    A model names those of its fields that are read so in `told_together`; the other field is then no line of its own.
    """

    other: str
    words: Callable[[Any, Any], str]


class Line(NamedTuple):
    """One field that changed; `before` is None where something new was written."""

    label: str
    before: str | None
    after: str


@dataclass
class Change:
    """What one person did to one row at one moment."""

    at: datetime
    who: str
    title: str
    subject: str = ""
    lines: list[Line] = field(default_factory=list)

    @property
    def icon(self) -> str:
        return ICONS[self.title][0]

    @property
    def colour(self) -> str:
        return ICONS[self.title][1]


class _Step(NamedTuple):
    """A row of a history table with the state after it; None where nothing is left."""

    event: Any
    label: str
    before: State | None
    after: State | None


def of_row(row: models.Model, *, shown: int = SHOWN) -> list[Change]:
    """The changes of one row and of the links that belong to it, newest first. A bounded number of queries."""
    model = type(row)
    steps = _steps(model, events_of(model).filter(pgh_obj=row.pk), shown)
    links = [change for one in LINKS.get(model._meta.label, ()) for change in _of_links(one, row.pk, shown)]
    return _with_links(_told(model, steps, named=False), links)[:shown]


def of_table(model: type[models.Model], *, shown: int = SHOWN, **among: Any) -> list[Change]:
    """The changes of all rows of a small table, each with the row that it is about, newest first."""
    return _told(model, _steps(model, events_of(model).filter(**among), shown), named=True)


@cache
def events_of(model: Any) -> Any:
    """The history table of a tracked model."""
    found = next(one for one in apps.get_models() if getattr(one, "pgh_tracked_model", None) is model)
    return found.objects  # type: ignore[attr-defined]


def _steps(model: type[models.Model], events: Any, shown: int) -> list[_Step]:
    """History rows hold what was inserted, or what stood there before; what came after is the next row's, or now's."""
    rows = list(events.order_by("-pgh_id")[:shown])
    columns = [one.attname for one in rows[0]._meta.concrete_fields if not one.name.startswith("pgh_")] if rows else []
    keys = {row.pgh_obj_id for row in rows}
    states: dict[Any, State] = {
        one["pk"]: one for one in model._base_manager.filter(pk__in=keys).values("pk", *columns)
    }
    steps = []
    for row in rows:
        stored = {column: getattr(row, column) for column in columns}
        after = None if row.pgh_label == "delete" else states.get(row.pgh_obj_id)
        steps.append(_Step(row, row.pgh_label, None if row.pgh_label == "insert" else stored, after))
        states[row.pgh_obj_id] = stored
    return steps


def _told(model: type[models.Model], steps: list[_Step], *, named: bool) -> list[Change]:
    differences = [(step, list(_differences(model, step))) for step in steps]
    words = _Words(model, [change for _, changes in differences for change in changes])
    told = []
    for step, changes in differences:
        lines = [
            Line(str(one.verbose_name), words.of(one, before), words.of(one, after)) for one, before, after in changes
        ]
        change = _change(step.event, TITLES[step.label])
        change.lines = lines
        change.subject = _name_of(model, step) if named else ""
        told.append(change)
    return told


def _change(event: Any, title: str) -> Change:
    context = event.pgh_context or {}
    name, via = context.get("name", ""), context.get("via", "")
    who = f"{name}（{via}）" if name and via else name or via or "系统"
    return Change(event.pgh_created_at, who, title)


def _differences(model: type[models.Model], step: _Step) -> Iterable[tuple[Any, Any, Any]]:
    if step.label != "update" or step.before is None or step.after is None:
        return
    together: dict[str, Together] = getattr(model, "told_together", {})
    others = {each.other for each in together.values()}
    for one in model._meta.concrete_fields:
        if one.attname in step.before and one.attname not in others:
            told = together.get(one.attname)
            before, after = _value(step.before, one.attname, told), _value(step.after, one.attname, told)
            if before != after:
                yield one, before, after


def _value(state: State, name: str, told: Together | None) -> Any:
    """With what is told together with it, as a pair."""
    return (state.get(name), state.get(told.other)) if told else state.get(name)


def _name_of(model: type[models.Model], step: _Step) -> str:
    """How the row called itself then."""
    state = step.before or {name: getattr(step.event, name) for name in step.event.__dict__ if not name.startswith("_")}
    fields = {one.attname for one in model._meta.concrete_fields}
    return str(model(**{name: value for name, value in state.items() if name in fields}))


def _of_links(links: Links, owner: Any, shown: int) -> list[Change]:
    through: Any = apps.get_model(links.through)
    other = through._meta.get_field(links.other)
    rows = list(events_of(through).filter(**{links.owner: owner}).order_by("-pgh_id")[:shown])
    words = _Words(through, [(other, getattr(row, other.attname), None) for row in rows])
    found = []
    for row in rows:
        name = words.of(other, getattr(row, other.attname))
        change = _change(row, "修改")
        came = row.pgh_label == "insert"
        change.lines = [Line(links.label, None, name) if came else Line(links.label, name, EMPTY)]
        found.append(change)
    return found


def _with_links(rows: list[Change], links: list[Change]) -> list[Change]:
    """Links that changed in the same transaction as the row stand with it; others are changes of their own."""
    found = {(change.at, change.who): change for change in reversed(rows)}
    apart = []
    for change in links:
        first = found.setdefault((change.at, change.who), change)
        if first is change:
            apart.append(change)
        else:
            first.lines += change.lines
    return sorted(rows + apart, key=lambda change: change.at, reverse=True)


class _Words:
    """Values as people read them; what keys stand for is looked up with one query per model."""

    def __init__(self, model: type[models.Model], changes: list[tuple[Any, Any, Any]]) -> None:
        wanted: dict[type[models.Model], set[Any]] = {}
        for one, before, after in changes:
            if one.remote_field:
                wanted.setdefault(one.remote_field.model, set()).update({before, after} - {None})
        self._names: dict[Key, str] = {
            (target, row.pk): _named(row)
            for target, keys in wanted.items()
            for row in target._base_manager.filter(pk__in=keys)
        }

    def of(self, one: Any, value: Any) -> str:
        if value and (mask := MASKS.get(str(one))):
            return mask(str(value))
        if one.remote_field:
            return self._names.get((one.remote_field.model, value), EMPTY if value is None else f"#{value}")
        if isinstance(value, tuple):
            told: Together = one.model.told_together[one.attname]
            return told.words(*value)
        if isinstance(value, list):
            return "、".join(_plain(one.base_field, item) for item in value) or EMPTY
        return _plain(one, value)


def _named(row: Any) -> str:
    """A row's own name; a role's group is stored by its code."""
    return str(Role(row.name).label) if row._meta.label == "auth.Group" and row.name in Role.values else str(row)


def _plain(one: Any, value: Any) -> str:
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    choices = dict(one.flatchoices)
    words = str(choices.get(value, value))
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…（共 {len(words)} 字）"
