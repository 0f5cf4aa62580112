"""The history of what people edit: written by statement-level triggers, so that no bulk operation gets past it.

    @history.track(exclude=("version",))
    class Region(models.Model): ...

Each change leaves a row in the model's history table (<Model>Event), append-only by trigger: what was inserted, and
what stood there before an update or a delete. Who did it is told by the context: a request (`remember_who`), a command
or a job (config.history), or somebody for whom a job acts (`acting_for`). Reading is the business of `cadres.changes`.

A statement that is sent with `executemany` inside a context fails; nothing here or in Django's ORM sends one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pghistory
import pgtrigger
from django.db import models
from pghistory.trigger import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponseBase

    from cadres.models import Cadre

    Next = Callable[[HttpRequest], HttpResponseBase]

M = TypeVar("M", bound="type[models.Model]")

READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# The context stands in each row itself, where nothing can change it afterwards.
COLUMNS: Final[dict[str, Any]] = {
    "context_field": pghistory.ContextJSONField(),
    "context_id_field": None,
    "append_only": True,
    "level": pghistory.Statement,
}
CONTEXT: Final = "NULLIF(current_setting('pghistory.context_metadata', TRUE), '')::jsonb"


class _Write(Event):
    """The trigger that writes history: one statement, whatever number of rows were changed.

    The library's own joins the rows before with the rows after, for which PostgreSQL, knowing nothing of transition
    tables, takes a nested loop: 8 seconds for an update of 5,000 enterprises. Taking the one set from the other is 0.2.
    """

    event_model: Any
    label: Any

    def get_func(self, model: Any) -> str:
        tracked = {one.column for one in model._meta.concrete_fields}
        columns = [one.column for one in self.event_model._meta.concrete_fields if one.column in tracked]
        listed = ", ".join(f'"{column}"' for column in columns)
        source = {
            "insert": "new_values",
            "update": f"(SELECT {listed} FROM old_values EXCEPT SELECT {listed} FROM new_values)",
            "delete": "old_values",
        }[self.label]
        subject = ("pgh_obj_id, ", '"id", ') if hasattr(self.event_model, "pgh_obj") else ("", "")
        return (
            f'INSERT INTO "{self.event_model._meta.db_table}"'
            f" (pgh_created_at, pgh_label, pgh_context, {subject[0]}{listed})"
            f" SELECT now(), '{self.label}', {CONTEXT}, {subject[1]}{listed} FROM {source} AS changed; RETURN NULL;"
        )


class _Writes(pghistory.RowEvent):
    def add_event_trigger(self, event_model: type[models.Model]) -> None:
        trigger = _Write(  # type: ignore[no-untyped-call]
            event_model=event_model, label=self.label, name=self.label, operation=self.operation, level=self.level
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)  # type: ignore[attr-defined]


def _inserted() -> _Writes:
    return _Writes("insert", operation=pgtrigger.Insert, row="NEW")


def _updated() -> _Writes:
    return _Writes("update", operation=pgtrigger.Update, row="OLD", condition=None)


def _deleted() -> _Writes:
    return _Writes("delete", operation=pgtrigger.Delete, row="OLD")


def track(*, exclude: tuple[str, ...] = ()) -> Callable[[M], M]:
    """Keep the history of a model, but for these fields: a change of them alone is no change."""
    decorate: Callable[[M], M] = pghistory.track(
        _inserted(),
        _updated(),
        _deleted(),
        exclude=list(exclude),
        obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+", db_index=True),
        **COLUMNS,
    )
    return decorate


def track_links(*, app_label: str, model_name: str, owner: str) -> Callable[[M], M]:
    """Keep the history of a many-to-many table, by a proxy of its through model; read by the key of its `owner`."""
    decorate: Callable[[M], M] = pghistory.track(
        _inserted(),
        _deleted(),
        obj_field=None,
        app_label=app_label,
        model_name=model_name,
        meta={"indexes": [models.Index(fields=[owner], name=f"{model_name.lower()}_owner")]},
        **COLUMNS,
    )
    return decorate


def remember_who(get_response: Next) -> Next:
    """Middleware: what a request that may write changes is put down to whoever is signed in."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method in READING or not request.user.is_authenticated:
            return get_response(request)
        with pghistory.context(**signature_of(request.user), trace=getattr(request, "trace", "")):
            return get_response(request)

    return middleware


def put_down_to(cadre: Cadre) -> None:
    """From here on the request's changes are this cadre's; nothing where it is none that may write changes."""
    pghistory.context(**signature_of(cadre))


def signature_of(cadre: Cadre | None) -> dict[str, Any]:
    """What the context says of who acts; `on_behalf_of` only where a deputy does."""
    if cadre is None:
        return {"cadre": None, "name": ""}
    told: dict[str, Any] = {"cadre": cadre.person.pk, "name": str(cadre)}
    return {**told, "on_behalf_of": cadre.pk} if cadre.deputy else told


@contextmanager
def acting_for(cadre: Cadre | None, via: str) -> Iterator[None]:
    """What is changed inside is put down to this cadre, for whom a job works: 李明（导入）."""
    with pghistory.context() as current:
        before = dict(current.metadata)
        current.metadata.update({**signature_of(cadre), "via": via})
        try:
            yield
        finally:
            current.metadata.clear()
            current.metadata.update(before)
