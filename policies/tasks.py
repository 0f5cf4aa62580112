from celery import shared_task
from django.utils import timezone

from enterprises import succession as projects
from policies import succession, windows


@shared_task(ignore_result=True, acks_late=True)
def close_windows() -> None:
    """Remind before application windows close, end what nobody applied for, pass on what departments that ended had.

    Beat: every few minutes.
    """
    projects.pass_on(now=timezone.now())
    succession.pass_on(now=timezone.now())
    windows.sweep(now=timezone.now())
