"""Acting for a colleague (代办): a deputy works within the principal's rights and scope, and says so.

While the mode is on, `request.user` is the principal with `.deputy` set to whoever is signed in, so that scope, rights
and choices are the principal's without anybody asking; what is recorded names both (cadres.models.DoneBy, Actor.of).
Pages of one's own account are marked `own` and know only who is signed in.

The mode stands in the session and is looked up at every request, so that it ends with its last day, with the account or
the roles of either. Whenever it begins or ends the forms that lie open lose their validity (their CSRF token): what was
begun in one capacity is never taken for the other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.module_loading import import_string

from cadres import audit, history
from cadres.models import AuditRow, Cadre, Deputyship

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]

DEPUTYSHIP: Final = "deputyship"
# In what capacity the session is since it was last changed; empty in sessions where it never was.
SINCE: Final = "capacity_since"
SWITCHED: Final = (
    "这个页面打开后，办理身份已经切换，现在是“{cadre}”，所以没有提交。"
    "请返回刷新后再办理；草稿仍在，换回原来的身份打开这个页面，就能接着填写。"
)


def own(view: View) -> View:
    """A page of one's own: account, inbox, signing out. It knows nobody but who is signed in."""
    view.is_own = True  # type: ignore[attr-defined]
    return view


class Acting:
    """Comes after whatever decides whether somebody is signed in, and after the messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.principal, request.has_stopped_acting = None, False  # type: ignore[attr-defined]
        if request.user.is_authenticated and DEPUTYSHIP in request.session:
            _look(request, request.user)
        if SINCE in request.session and (cadre := capacity(request)):
            request.expired_because = SWITCHED.format(cadre=cadre)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponseBase | None:
        is_own = getattr(view, "is_own", False) or not getattr(view, "login_required", True)
        if request.has_stopped_acting and request.method not in history.READING and not is_own:  # type: ignore[attr-defined]
            answer: HttpResponseBase = import_string(settings.CSRF_FAILURE_VIEW)(request)
            return answer
        if not is_own and (principal := request.principal):  # type: ignore[attr-defined]
            request.user = principal
            history.put_down_to(principal)
        return None


def _look(request: HttpRequest, person: Cadre) -> None:
    running = Deputyship.objects.in_force(timezone.localdate()).with_capacity()
    found = running.filter(pk=request.session[DEPUTYSHIP], deputy=person).first()
    if found is not None:
        request.principal = found.capacity_of(person)  # type: ignore[attr-defined]
        return
    request.has_stopped_acting = True  # type: ignore[attr-defined]
    ended = Deputyship.objects.select_related("principal").get(pk=request.session[DEPUTYSHIP])
    _change(request, None)
    audit.record(AuditRow.Action.DEPUTY, cadre=person, subject=f"代办自动结束：{ended}", request=request)
    messages.warning(request, f"代{ended.principal.name}办理已经结束，现在是你本人办理。")


def begin(request: HttpRequest, deputyship: Deputyship, person: Cadre) -> None:
    """From the next request on the person acts by this deputyship, which is in force."""
    _change(request, deputyship)
    audit.record(AuditRow.Action.DEPUTY, cadre=person, subject=f"开始代办：{deputyship}", request=request)


def end(request: HttpRequest, person: Cadre) -> None:
    """From the next request on the person acts for nobody. Nothing happens where they do not."""
    if DEPUTYSHIP not in request.session:
        return
    ended = Deputyship.objects.select_related("principal", "deputy").get(pk=request.session[DEPUTYSHIP])
    _change(request, None)
    audit.record(AuditRow.Action.DEPUTY, cadre=person, subject=f"结束代办：{ended}", request=request)


def _change(request: HttpRequest, deputyship: Deputyship | None) -> None:
    if deputyship is None:
        request.session.pop(DEPUTYSHIP, None)
    else:
        request.session[DEPUTYSHIP] = deputyship.pk
    request.session[SINCE] = timezone.now().timestamp()
    rotate_token(request)


def capacity(request: HttpRequest) -> Cadre | None:
    """As whom somebody works now, whatever page they are on: themselves, or the principal with them as deputy."""
    principal: Cadre | None = getattr(request, "principal", None)
    if principal is not None:
        return principal
    user = getattr(request, "user", None)
    return user if isinstance(user, Cadre) else None
