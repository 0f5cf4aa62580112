"""Writing the audit log: sign-ins by signal, imports, downloads and looks at personal data by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from cadres.models import AuditRow, Cadre

if TYPE_CHECKING:
    from django.http import HttpRequest

Action = AuditRow.Action


def record(
    action: AuditRow.Action,
    *,
    cadre: Cadre | None,
    subject: str = "",
    detail: dict[str, Any] | None = None,
    request: HttpRequest | None = None,
    username: str = "",
) -> None:
    """Append one row, in the transaction of what it tells of. A deputy is named with the principal."""
    AuditRow.objects.create(
        at=timezone.now(),
        action=action,
        cadre=cadre and cadre.person,
        on_behalf_of=cadre if cadre and cadre.deputy else None,
        username=(cadre.person.username if cadre else username)[:150],
        subject=subject[:200],
        detail=detail or {},
        address=(request.META.get("REMOTE_ADDR") or None) if request else None,
        request_id=getattr(request, "trace", "") if request else "",
    )


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="cadres.audit")
    user_logged_out.connect(_signed_out, dispatch_uid="cadres.audit")
    user_login_failed.connect(_failed, dispatch_uid="cadres.audit")


def _signed_in(sender: Any, request: HttpRequest, user: Cadre, **kwargs: Any) -> None:
    record(Action.SIGN_IN, cadre=user, request=request)


def _signed_out(sender: Any, request: HttpRequest, user: Cadre | None, **kwargs: Any) -> None:
    if user is not None:
        record(Action.SIGN_OUT, cadre=user, request=request)


def _failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    record(Action.SIGN_IN_FAILED, cadre=None, username=str(credentials.get("username", "")), request=request)
