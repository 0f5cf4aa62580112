from celery import shared_task
from django.utils import timezone

from policies import windows


@shared_task(ignore_result=True, acks_late=True)
def close_windows() -> None:
    """Remind before application windows close, and end what nobody applied for. Beat: every few minutes."""
    windows.sweep(now=timezone.now())
