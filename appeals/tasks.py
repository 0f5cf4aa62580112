from celery import shared_task
from django.utils import timezone

from appeals import escalation, recomputing, succession
from appeals.supervising import sweeping


@shared_task(ignore_result=True, acks_late=True)
def escalate_overdue() -> None:
    """Apply the ladder to everything that is due, orders without an answer included. Beat: every SWEEP_SECONDS."""
    succession.pass_on(now=timezone.now())
    escalation.apply_ladder(now=timezone.now())
    sweeping.raise_unanswered(now=timezone.now())


@shared_task(ignore_result=True, acks_late=True)
def follow_rules() -> None:
    """Let open appeals follow edits of the calendar and the ladder. Beat, and a hint after each edit."""
    recomputing.follow(now=timezone.now())
