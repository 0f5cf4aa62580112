"""The gate behind the sign-in: ends idle sessions, and lets nobody on who still owes a code or a password.

A view says by decorator what it is there for: `@opens(Debt.CODE)` is reached while that is still owed, and
`@passive` is asked for by the page itself and keeps no session alive.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from cadres.safety import second_factor, sessions

if TYPE_CHECKING:
    from cadres.models import Cadre

View = Callable[..., HttpResponseBase]


class Debt(StrEnum):
    """What a signed-in cadre still owes; each value is the URL name at which it is paid."""

    CODE = "login_code"
    SECOND_FACTOR = "cadres:second_factor"
    PASSWORD = "cadres:password"  # noqa: S105 -- an address, not a password


ALWAYS: Final = frozenset(Debt)


def opens(*debts: Debt) -> Callable[[View], View]:
    """Reached although these are owed; without any, whatever is owed."""

    def mark(view: View) -> View:
        view.paid_here = frozenset(debts) or ALWAYS  # type: ignore[attr-defined]
        return view

    return mark


def passive(view: View) -> View:
    """Asked for by a page without its reader's doing, so that it keeps no session alive."""
    view.is_passive = True  # type: ignore[attr-defined]
    return view


class Gate:
    """Comes after LoginRequired, so whoever gets here is signed in, or asks for a page that needs no sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        request.cadre_pk = request.user.pk  # type: ignore[attr-defined] # for the log: who was refused, and what
        now = timezone.now()
        if sessions.seconds_left(request.session, now) <= 0:
            return _end_idle(request)
        if not getattr(view, "is_passive", False):
            sessions.note_use(request.session, now)
        debt = owed(request.user, request)
        if debt is None or debt in getattr(view, "paid_here", ()):
            return None
        return _send(request, f"{reverse(debt)}?{urlencode({'next': _page_of(request)})}")


def owed(cadre: Cadre, request: HttpRequest) -> Debt | None:
    """The first thing that is missing, in the order in which it must be given. No query for most people."""
    session = request.session
    if session.get(second_factor.AWAITED):
        return Debt.CODE
    if second_factor.is_required_of(cadre) and not session.get(second_factor.GIVEN):
        return Debt.CODE if second_factor.is_on(cadre) else Debt.SECOND_FACTOR
    return Debt.PASSWORD if cadre.must_change_password else None


def _end_idle(request: HttpRequest) -> HttpResponse:
    page = _page_of(request)
    logout(request)
    messages.warning(request, "长时间未操作，已自动退出。请重新登录，填到一半的内容仍在。")
    return _send(request, f"{reverse('login')}?{urlencode({'next': page})}")


def _page_of(request: HttpRequest) -> str:
    """Where the reader is: the address of a page, never of what only takes a form."""
    if request.method == "GET" and not getattr(request, "htmx", False):
        return request.get_full_path()
    came_from = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    address = urlsplit(came_from)
    return f"{address.path}?{address.query}" if address.query else address.path


def _send(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect would put the page into an htmx fragment."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
