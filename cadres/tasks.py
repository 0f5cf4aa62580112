from celery import shared_task
from django.utils import timezone

from cadres import delivery, digests, mail, uploads
from cadres.audit import chain, checking, keeping
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


@shared_task(ignore_result=True, acks_late=True)
def seal_audit() -> None:
    """Put the newest rows of the audit log into its hash chain."""
    chain.seal_waiting()


@shared_task(ignore_result=True, acks_late=True)
def check_audit() -> None:
    """Make the checks of the chain that were asked for. Hinted when somebody asks; beat calls it for a lost hint."""
    checking.run_waiting(now=timezone.now())


@shared_task(ignore_result=True, acks_late=True)
def keep_audit() -> None:
    """Take away rows that have served their time, and have the chain checked once a day."""
    keeping.clear_expired(now=timezone.now())
    checking.ask_daily(now=timezone.now())


@shared_task(ignore_result=True, acks_late=True)
def remove_orphan_files() -> None:
    """Take away files that no row names. Beat calls it every few hours."""
    uploads.remove_orphans(now=timezone.now())
