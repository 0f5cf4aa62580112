from celery import shared_task
from django.utils import timezone

from cadres import delivery


@shared_task(ignore_result=True, acks_late=True)
def deliver() -> None:
    """Deliver what waits in the outbox. Hinted after every act; beat calls it for what a lost hint left."""
    delivery.deliver_waiting(now=timezone.now())
