"""Operations of migrations that Django has none for, or none that leaves a table in use to its users meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations

if TYPE_CHECKING:
    from django.db.models import Field


def without_index(model: str, name: str, index: str, field: Field[Any, Any]) -> migrations.SeparateDatabaseAndState:
    """A key loses its own index (`db_index=False`), another one beginning with its column being there.

    The state alone changes, for Django would make the constraint anew. Wants `atomic = False`.
    """
    return migrations.SeparateDatabaseAndState(
        [migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"', migrations.RunSQL.noop)],
        [migrations.AlterField(model_name=model, name=name, field=field)],
    )
