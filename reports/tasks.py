from celery import shared_task
from django.utils import timezone

from reports import briefing, indicators
from reports.imports import jobs
from reports.ledgers import jobs as ledgers


@shared_task(ignore_result=True, acks_late=True)
def run_jobs() -> None:
    """Check and write the workbooks that wait. Hinted after an upload; beat calls it for what a lost hint left."""
    while jobs.run_next(now=timezone.now()):
        pass


@shared_task(ignore_result=True, acks_late=True)
def make_ledgers() -> None:
    """Make the ledgers that wait, and remove the files that have served their time. Hinted; beat calls it as well."""
    while ledgers.run_next(now=timezone.now()):
        pass
    ledgers.remove_expired(now=timezone.now())


@shared_task(ignore_result=True, acks_late=True)
def make_briefings() -> None:
    """Make the bulletins that are due and missing. Beat calls it every few minutes; twice or late does no harm."""
    briefing.make_due(now=timezone.now())


@shared_task(ignore_result=True, acks_late=True)
def keep_days() -> None:
    """Count what pages show of a whole city, so that they need not. Beat calls it every minute."""
    indicators.keep_days(now=timezone.now())
    indicators.keep_moments(now=timezone.now())
