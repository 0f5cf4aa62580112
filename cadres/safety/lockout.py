"""Lock-out after wrong passwords: django-axes counts by username and address, and we word it.

By both, so that nobody can lock out somebody else from afar.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone

from cadres import audit
from cadres.models import AuditRow, Cadre

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

STATUS: Final = 429
SHOWN: Final = 200


def locked(now: datetime) -> QuerySet[AccessAttempt]:
    """Usernames and addresses that are locked out, the latest first."""
    since = now - settings.AXES_COOLOFF_TIME
    found: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
    )
    return found.order_by("-attempt_time")


def until(attempt: AccessAttempt) -> datetime:
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    failed_at: datetime = attempt.attempt_time
    return failed_at + cool_off


def visible_to(cadre: Cadre, now: datetime) -> list[AccessAttempt]:
    """The locks of those whom an administrator administers; who administers all sees made-up usernames too."""
    found = locked(now)[:SHOWN]
    if not cadre.administers_all:
        mine = Cadre.objects.administered_by(cadre)
        found = locked(now).filter(username__in=mine.values("username"))[:SHOWN]
    for attempt in found:
        attempt.until = until(attempt)
    return list(found)


@transaction.atomic
def unlock(username: str, *, by: Cadre, request: HttpRequest) -> int:
    """Let somebody try again at once, wherever from. The number of locks that were lifted."""
    lifted = int(reset(username=username))
    if lifted:
        audit.record(AuditRow.Action.UNLOCK, cadre=by, subject=username, request=request)
    return lifted


def refuse(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """What somebody sees who is locked out; axes calls it."""
    attempt = (
        locked(timezone.now())
        .filter(username=(credentials or {}).get("username", ""), ip_address=request.META.get("REMOTE_ADDR"))
        .first()
    )
    context = {
        "title": "暂时不能登录",
        "limit": settings.AXES_FAILURE_LIMIT,
        "minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
        "until": until(attempt) if attempt else None,
    }
    # Rendered here: whoever calls expects a finished answer.
    return TemplateResponse(request, "cadres/locked_out.html", context, status=STATUS).render()


def note(sender: Any, request: HttpRequest, username: str, **kwargs: Any) -> None:
    """A lock-out is something that the audit administrator must be able to find."""
    audit.record(AuditRow.Action.LOCKED_OUT, cadre=None, username=username or "", request=request)
