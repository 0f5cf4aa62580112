"""Files that no row names: what a transaction left that was rolled back, or a process that was killed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.conf import settings
from django.db.models import FileField

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Model

# A file is written before its row is committed, which takes minutes at most.
AGE: Final = timedelta(days=1)
BATCH: Final = 1_000


def remove_orphans(now: datetime) -> int:
    """Remove files older than a day that no row names, how many. Safe beside whoever is just writing one."""
    return sum(_remove(some) for folder in settings.SWEPT_FOLDERS for some in _old_files(folder, now - AGE))


def _old_files(folder: str, before: datetime) -> Iterator[list[Path]]:
    for directory, _, names in os.walk(Path(settings.MEDIA_ROOT) / folder):
        old = [path for name in names if _is_older(path := Path(directory) / name, before)]
        yield from (old[start : start + BATCH] for start in range(0, len(old), BATCH))


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:  # discarded meanwhile
        return False


def _remove(files: list[Path]) -> int:
    by_name = {str(path.relative_to(settings.MEDIA_ROOT)): path for path in files}
    orphans = by_name.keys() - _named(list(by_name))
    for name in orphans:
        by_name[name].unlink(missing_ok=True)
    return len(orphans)


def _named(names: list[str]) -> set[str]:
    """Those that a row of any model names."""
    return {
        name
        for model, column in _file_columns()
        for name in model._base_manager.filter(**{f"{column}__in": names}).values_list(column, flat=True)
    }


def _file_columns() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        yield from ((model, field.name) for field in model._meta.fields if isinstance(field, FileField))
