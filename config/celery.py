"""Celery: rows are the work, a message is a hint to look, and a sweep finds what a lost hint left.

Hence nothing here tries to keep a message safe, and every scheduled task may run twice, late or beside itself.
"""

import os
from contextvars import Token
from datetime import timedelta
from logging.config import dictConfig
from typing import Any, Final

from celery import Celery, signals
from django.conf import settings
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from config import history, trace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

HARD_LIMIT: Final = timedelta(minutes=30)
HEARTBEAT: Final = timedelta(seconds=15)


def broker_url(redis_url: str) -> str:
    """Celery's way of writing a Redis address: it spells a Unix socket differently from everybody else."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def beat_schedule(sweep_seconds: int) -> dict[str, dict[str, Any]]:
    """What happens by itself. Each task looks for what is due by now, so a missed beat loses nothing."""
    schedule = {
        "appeals.tasks.escalate_overdue": timedelta(seconds=sweep_seconds),
        "appeals.tasks.follow_rules": timedelta(seconds=min(sweep_seconds, 120)),
        "cadres.tasks.deliver": timedelta(seconds=min(sweep_seconds, 60)),
        "policies.tasks.close_windows": timedelta(seconds=min(sweep_seconds, 300)),
        "cadres.tasks.send_mail": timedelta(seconds=min(sweep_seconds, 60)),
        "reports.tasks.make_briefings": timedelta(seconds=min(sweep_seconds, 300)),
        "reports.tasks.keep_days": timedelta(seconds=min(sweep_seconds, 60)),
        "reports.tasks.run_jobs": timedelta(seconds=min(sweep_seconds, 60)),
        "reports.tasks.make_ledgers": timedelta(seconds=min(sweep_seconds, 60)),
        "cadres.tasks.forget_sessions": timedelta(hours=1),
        "cadres.tasks.seal_audit": timedelta(seconds=min(sweep_seconds, 60)),
        "cadres.tasks.check_audit": timedelta(seconds=min(sweep_seconds, 300)),
        "cadres.tasks.keep_audit": timedelta(hours=1),
        "cadres.tasks.remove_orphan_files": timedelta(hours=6),
        "config.tasks.heartbeat": HEARTBEAT,
    }
    # A hint that no worker took until the next one comes is of no use any more.
    return {
        task: {"task": task, "schedule": every, "options": {"expires": every.total_seconds()}}
        for task, every in schedule.items()
    }


TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "config.broker:Transport"

app = Celery("zhuqitong")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_timeout=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 2 * HARD_LIMIT.total_seconds(),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
    },
    # Whoever publishes tries a fresh connection once, and does not wait for a broker that is down.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=HARD_LIMIT.total_seconds(),
    worker_pool="config.pool:TaskPool",
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    task_default_queue="default",
    task_queues=[Queue("default"), Queue("notify"), Queue("heavy")],
    task_routes={"cadres.tasks.*": "notify", "reports.tasks.*": "heavy"},
    beat_scheduler="config.beat:LeaderScheduler",
    beat_schedule=beat_schedule(settings.SWEEP_SECONDS),
    beat_max_loop_interval=5,
)
app.autodiscover_tasks()


@signals.setup_logging.connect
def log_as_the_web_does(**_: Any) -> None:
    dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def send_trace(headers: dict[str, Any], **_: Any) -> None:
    headers["trace"] = trace.current.get()


signals.task_prerun.connect(history.begin)
signals.task_postrun.connect(history.end)

_tokens: dict[str, Token[str]] = {}


@signals.task_prerun.connect
def take_trace(task_id: str, task: Any, **_: Any) -> None:
    """A task logs under the number of the request that caused it; one that beat sent gets its own."""
    _tokens[task_id] = trace.current.set(task.request.get("trace") or trace.new())


@signals.task_postrun.connect
def drop_trace(task_id: str, **_: Any) -> None:
    if token := _tokens.pop(task_id, None):
        trace.current.reset(token)
