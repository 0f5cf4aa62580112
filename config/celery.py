"""Celery: rows are the work, a message is a hint to look, and a sweep finds what a lost hint left.

Therefore nothing here tries to make messages safe, and every scheduled task may run twice, late, or not at all.
"""

import os
from datetime import timedelta

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def broker_url(redis_url: str) -> str:
    """Celery's way of writing a Redis address: it spells a Unix socket differently from everybody else."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


app = Celery("zhuqitong", broker=broker_url(settings.REDIS_URL))
app.autodiscover_tasks()
