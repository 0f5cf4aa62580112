"""Sessions: which browsers a cadre is signed in with, when each was last used, and ending them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from cadres import audit
from cadres.models import AuditRow, Cadre, SignIn

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

SEEN: Final = "seen_at"
# A session is written at most so often for being used.
NOTED_EVERY: Final = timedelta(minutes=1)

# The first that is found in the browser's own description; WeChat's browser calls itself Chrome too.
SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS: Final = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def begin(sender: Any, request: HttpRequest, user: Cadre, **kwargs: Any) -> None:
    """Note a sign-in; a signal's receiver."""
    now = timezone.now()
    request.session[SEEN] = now.timestamp()
    # An instant, since a number of seconds would begin anew whenever the session is written.
    request.session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    if request.session.session_key is None:  # somebody else was signed in here before
        request.session.create()
    SignIn.objects.create(
        cadre=user,
        session_key=request.session.session_key or "",
        at=now,
        seen_at=now,
        address=request.META.get("REMOTE_ADDR") or None,
        device=device_of(request.META.get("HTTP_USER_AGENT", "")),
    )


def end(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Forget one that signed out; a signal's receiver."""
    SignIn.objects.filter(session_key=request.session.session_key).delete()


@contextmanager
def same_browser(session: SessionBase) -> Iterator[None]:
    """Around what gives the session a new key: it stays the same browser in the list."""
    before = session.session_key
    yield
    SignIn.objects.filter(session_key=before).update(session_key=session.session_key)


def note_use(session: SessionBase, now: datetime) -> None:
    """Somebody asked for a page; the session lasts from now on."""
    if now.timestamp() - session.get(SEEN, 0) < NOTED_EVERY.total_seconds():
        return
    session[SEEN] = now.timestamp()
    SignIn.objects.filter(session_key=session.session_key).update(seen_at=now)


def seconds_left(session: SessionBase, now: datetime) -> int:
    """Until it ends, for idleness or for its age. A session from before this rule begins with its next page."""
    seen = session.get(SEEN, now.timestamp())
    idle = int(seen + settings.IDLE_SECONDS - now.timestamp())
    return min(idle, int(session.get_expiry_age(modification=now)))


@transaction.atomic
def end_others(cadre: Cadre, *, keep: str | None, request: HttpRequest, only: SignIn | None = None) -> int:
    """Sign the cadre out elsewhere: in one browser, or in all but `keep`. How many that were."""
    ended = SignIn.objects.visible_to(cadre).exclude(session_key=keep)
    if only is not None:
        ended = ended.filter(pk=only.pk)
    keys = list(ended.values_list("session_key", flat=True))
    if keys:
        Session.objects.filter(session_key__in=keys).delete()
        ended.delete()
        audit.record(AuditRow.Action.SESSION_ENDED, cadre=cadre, detail={"会话数": len(keys)}, request=request)
    return len(keys)


def forget_expired(now: datetime) -> None:
    """Take away what no browser can use any more."""
    Session.objects.filter(expire_date__lt=now).delete()
    SignIn.objects.filter(seen_at__lt=now - timedelta(seconds=settings.IDLE_SECONDS)).delete()


def device_of(description: str) -> str:
    """What a browser says of itself, short enough to be recognised: 「Android · 微信」."""
    system = next((name for mark, name in SYSTEMS if mark in description), "")
    browser = next((name for mark, name in BROWSERS if mark in description), "")
    return " · ".join(filter(None, (system, browser))) or "未知设备"
