"""Who did it, where no request says so: the history tells commands and jobs apart by name."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

import pghistory

if TYPE_CHECKING:
    from collections.abc import Sequence

# What these write is the product's own: tables, and the rows that it comes with.
WITHOUT: Final = frozenset({"", "migrate", "runserver"})

_open: dict[str, AbstractContextManager[Any]] = {}


def of_command(argv: Sequence[str]) -> AbstractContextManager[Any]:
    """Everything that a management command changes is put down to it."""
    name = argv[1] if len(argv) > 1 else ""
    context: AbstractContextManager[Any] = nullcontext() if name in WITHOUT else pghistory.context(via=f"命令 {name}")
    return context


def begin(task_id: str, task: Any, **_: Any) -> None:
    """Everything that a job changes is put down to it."""
    _open[task_id] = context = pghistory.context(via=f"后台任务 {task.name}")
    context.__enter__()


def end(task_id: str, **_: Any) -> None:
    if context := _open.pop(task_id, None):
        context.__exit__(None, None, None)
