from celery import shared_task
from django.utils import timezone

from cadres import delivery, digests, mail
from cadres.hints import hint
from cadres.safety import sessions


@shared_task(ignore_result=True, acks_late=True)
def deliver() -> None:
    """Deliver what waits in the outbox. Hinted after every act; beat calls it for what a lost hint left."""
    if delivery.deliver_waiting(now=timezone.now()) and mail.is_on():
        hint(send_mail)


@shared_task(ignore_result=True, acks_late=True)
def send_mail() -> None:
    """Send the e-mails that are due. Hinted after a delivery; beat calls it for digests, retries and lost hints."""
    if mail.is_on():
        digests.gather(now=timezone.now())
        mail.send_due()


@shared_task(ignore_result=True, acks_late=True)
def forget_sessions() -> None:
    """Take away sessions that no browser can use any more."""
    sessions.forget_expired(now=timezone.now())
