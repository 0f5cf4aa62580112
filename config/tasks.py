from celery import shared_task
from django.utils import timezone

from config import health


@shared_task
def heartbeat() -> None:
    """Show `/readyz` that beat sends, the broker carries and a worker works. Beat: every 15 seconds."""
    health.note_beat(timezone.now())
