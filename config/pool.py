"""The worker's processes, where Celery's own would end the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.concurrency import asynpool, prefork

if TYPE_CHECKING:
    from kombu.asynchronous import Hub


class Pool(asynpool.AsynPool):
    def _track_child_process(self, proc: Any, hub: Hub) -> None:
        """Of a process that died while the broker was away nothing is left to watch; another takes its place anyway.

        Celery would watch it all the same when the broker is back, an error that no worker survives.
        """
        if getattr(proc, "_sentinel_poll", proc) is not None:
            super()._track_child_process(proc, hub)  # type: ignore[misc]


class TaskPool(prefork.TaskPool):
    Pool = Pool
