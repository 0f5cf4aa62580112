from celery import shared_task
from django.utils import timezone

from appeals import escalation


@shared_task(ignore_result=True, acks_late=True)
def escalate_overdue() -> None:
    """Apply the ladder to everything that is due. Beat: every SWEEP_SECONDS, day and night."""
    escalation.apply_ladder(now=timezone.now())
