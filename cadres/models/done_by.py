"""Keys to the cadre who did something, which remember when a deputy did it for that cadre."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.functions import Concat

if TYPE_CHECKING:
    from cadres.models.people import Cadre


class _Signature(ForwardManyToOneDescriptor[Any]):
    """Writes both keys at once; reads the cadre together with the deputy, so that it says 张三（代李四）."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        found: Any = super().__get__(instance, cls)
        if instance is None or found is None:
            return found
        key = getattr(instance, f"{self.field.name}_deputy_id")
        if key != (found.deputy and found.deputy.pk):
            found = copy(found)  # rows may share one cadre
            found.deputy = getattr(instance, f"{self.field.name}_deputy")
            self.field.set_cached_value(instance, found)
        return found

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        setattr(instance, f"{self.field.name}_deputy", value.deputy if value is not None else None)


class DoneBy(models.ForeignKey[Any, Any]):
    """A key to the cadre whose act it was, with a second one, <name>_deputy, to whoever acted for that cadre.

    The first is whose business it is: scope, ownership and notices go by it. Lists that show it join both keys.
    `QuerySet.update`, `bulk_create(update_fields=…)` and `save(update_fields=…)` name both columns: see `signed`.
    """

    forward_related_accessor_class = _Signature

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        # Made first, so that it comes first in the model: the default of the second would undo what the first wrote.
        self._deputy: models.ForeignKey[Any, Any] = models.ForeignKey(
            to, models.PROTECT, null=True, editable=False, related_name="+", db_index=False, verbose_name="代理人"
        )
        super().__init__(to, on_delete, **kwargs)

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        if not any(field.name == f"{name}_deputy" for field in cls._meta.local_fields):
            self._deputy.contribute_to_class(cls, f"{name}_deputy")
        super().contribute_to_class(cls, name, private_only, **kwargs)

    def deconstruct(self) -> Any:
        """In migrations both are plain keys."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs


def signature(name: str) -> Case:
    """How the cadre of a DoneBy reads, for columns drawn without rows: 张三, 张三（代李四）, NULL where nobody."""
    represented = Concat(F(f"{name}_deputy__name"), Value("（代"), F(f"{name}__name"), Value("）"))
    return Case(When(**{f"{name}_deputy__isnull": False}, then=represented), default=F(f"{name}__name"))


def signed(name: str, cadre: Cadre | None) -> dict[str, Cadre | None]:
    """Both columns of a DoneBy, for what writes columns and not rows."""
    return {name: cadre, f"{name}_deputy": cadre.deputy if cadre else None}
