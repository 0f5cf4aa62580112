"""Putting many enterprises on a key list or giving them a tag, and taking either away; set-based, at any number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction
from django.db.models import F, Func, Q, Value

from enterprises.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from enterprises.models import EnterpriseQuerySet

FIELDS: Final = ("key_lists", "tags")


class Labels(NamedTuple):
    """Key lists by their codes, and free tags."""

    key_lists: Sequence[str] = ()
    tags: Sequence[str] = ()


@transaction.atomic
def add(chosen: EnterpriseQuerySet, labels: Labels) -> int:
    """Give the labels to those of the chosen ones that lack any; how many changed."""
    lacking = Q(pk__in=())
    for field, word in _each(labels):
        lacking |= ~_has(field, word)
    keys = _lock(chosen.filter(lacking))
    for field, word in _each(labels):
        without = Enterprise.objects.filter(~_has(field, word), pk__in=keys)
        without.update(**{field: Func(F(field), Value(word), function="array_append")})
    return _count(keys)


@transaction.atomic
def remove(chosen: EnterpriseQuerySet, labels: Labels) -> int:
    """Take the labels away from those of the chosen ones that have any; how many changed."""
    having = Q(pk__in=())
    for field, word in _each(labels):
        having |= _has(field, word)
    keys = _lock(chosen.filter(having))
    for field, word in _each(labels):
        holders = Enterprise.objects.filter(_has(field, word), pk__in=keys)
        holders.update(**{field: Func(F(field), Value(word), function="array_remove")})
    return _count(keys)


def _each(labels: Labels) -> Iterator[tuple[str, str]]:
    for field, words in zip(FIELDS, labels, strict=True):
        for word in words:
            yield field, word


def _has(field: str, word: str) -> Q:
    return Q(**{f"{field}__contains": [word]})


def _lock(chosen: EnterpriseQuerySet) -> list[int]:
    """In the order of keys, so that two who label the same ones wait for each other and no longer."""
    return list(chosen.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _count(keys: list[int]) -> int:
    """A new version each, so that whoever is editing one of them is told."""
    return Enterprise.objects.filter(pk__in=keys).update(version=F("version") + 1)
