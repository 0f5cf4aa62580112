"""Form fields about the floor's own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator

from cadres.models import Cadre, Department, Region
from cadres.search import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMED_AT_MOST: Final = 1_000


class Names(ModelChoiceIterator[Any]):
    """What there is to choose from, hundreds on every list, without an instance of the model for each."""

    field: NamedField

    def __iter__(self) -> Iterator[tuple[str, str]]:
        if self.field.empty_label is not None:
            yield "", str(self.field.empty_label)
        yield from self.field.names()


class NamedField(forms.ModelChoiceField[Any]):
    iterator = Names

    def names(self) -> Iterator[tuple[str, str]]:
        """Value and label of each choice, as label_from_instance() has it."""
        raise NotImplementedError


class DepartmentField(NamedField):
    def __init__(self, **options: Any) -> None:
        super().__init__(Department.objects.none(), **options)

    def names(self) -> Iterator[tuple[str, str]]:
        rows: Any = self.queryset
        return ((str(pk), name) for pk, name in rows.values_list("pk", "name"))


class RegionField(NamedField):
    """A region of the cadre's scope as the tree shows it, down to towns and streets; its value is the code."""

    def __init__(self, **options: Any) -> None:
        self.top = 0
        super().__init__(Region.objects.none(), to_field_name="code", **options)

    def limit_to(self, cadre: Cadre, *, parks: bool = True) -> None:
        left_out = {Region.Kind.VILLAGE} if parks else {Region.Kind.VILLAGE, Region.Kind.PARK}
        self.top = max(cadre.region_scope.count("/") - 1, 0)
        self.queryset = Region.objects.visible_to(cadre).exclude(kind__in=left_out).order_by("path")

    def offer_to(self, cadre: Cadre, kept: int | None = None) -> None:
        """For what is entered: regions in use, without parks, and the one that stands there already."""
        self.limit_to(cadre, parks=False)
        here: Any = self.queryset
        self.queryset = here.filter(Q(active=True) | Q(pk=kept))

    def names(self) -> Iterator[tuple[str, str]]:
        rows: Any = self.queryset
        return ((code, self._label(name, path)) for code, name, path in rows.values_list("code", "name", "path"))

    def label_from_instance(self, obj: Region) -> str:
        return self._label(obj.name, obj.path)

    def _label(self, name: str, path: str) -> str:
        return "　" * (path.count("/") - 1 - self.top) + name


class CadreWordsField(forms.CharField):
    """Words that name cadres; the value is their keys, None where nothing is asked for.

    A whole user name means that cadre alone, though it be the beginning of others' initials.
    """

    def known(self) -> QuerySet[Cadre]:
        """Among whom the words are looked for."""
        everybody: QuerySet[Cadre] = Cadre.objects.all()
        return everybody

    def clean(self, value: Any) -> list[int] | None:
        words = normalise(super().clean(value) or "")
        if not words:
            return None
        meant = Q(username=words) | Q(name__icontains=words) | Q(initials__startswith=words.lower())
        found = dict(self.known().filter(meant).values_list("pk", "username")[:NAMED_AT_MOST])
        return [pk for pk, username in found.items() if username == words] or list(found)
