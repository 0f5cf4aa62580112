"""What every answer has in common: a trace number, no copies in caches, and the way to the sign-in page."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from config import trace as traces

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

Next = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("zhuqitong.request")
UNLOGGED: Final = ("healthz", "readyz")


def trace(get_response: Next) -> Next:
    """Give each request its number and log how it ended: by route, since an address may hold a secret token."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        number = traces.new(request.headers.get("X-Request-ID"))
        token = traces.current.set(number)
        request.trace = number  # type: ignore[attr-defined]
        started = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = number
            _log(request, response, seconds=time.perf_counter() - started)
            # Django would log it once more, after the number is gone and with the whole address.
            vars(response)["_has_been_logged"] = True
            return response
        finally:
            traces.current.reset(token)

    return middleware


def behind_proxy(get_response: Next) -> Next:
    """With HTTPS there is our proxy in front, which alone knows who asks: its word is the last in X-Forwarded-For."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.HTTPS and (forwarded := request.headers.get("X-Forwarded-For")):
            request.META["REMOTE_ADDR"] = forwarded.rpartition(",")[2].strip()
        return get_response(request)

    return middleware


def _log(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else None
    if route in UNLOGGED:
        return
    logger.info(
        "%s %s",
        request.method,
        response.status_code,
        extra={
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000),
            "cadre": getattr(request, "cadre_pk", None),
            "address": request.META.get("REMOTE_ADDR"),
        },
    )


def keep_out_of_caches(get_response: Next) -> Next:
    """What says nothing else about itself stays in no cache, and a fragment is never taken for its page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


class LoginRequired(LoginRequiredMiddleware):
    """Every page needs a sign-in, unless its view is marked otherwise."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """Answer htmx with 401 and the way to sign in: a redirect would put the sign-in page into a fragment."""
        htmx = cast("HtmxDetails", request.htmx)  # type: ignore[attr-defined]
        if not htmx:
            return super().handle_no_permission(request, view_func)
        page = htmx.current_url_abs_path or "/"
        address = resolve_url(self.get_login_url(view_func))
        query = urlencode({self.get_redirect_field_name(view_func): page})
        return HttpResponse(status=401, headers={"HX-Redirect": f"{address}?{query}"})
