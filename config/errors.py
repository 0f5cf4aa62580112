"""Error pages. Each shows the trace number, by which the log tells what happened."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from config import trace

EXPIRED: Final = "此页面打开过久或已在别处退出登录，请返回上一页刷新后重新提交。"


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", {"trace": trace.current.get(), "reason": _sentence(exception)}, status=403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose protection against forgery has run out, usually because it lay open over a sign-out.

    Whoever lets it run out for another reason says so in `request.expired_because`.
    """
    sentence = getattr(request, "expired_because", "") or EXPIRED
    return render(request, "403.html", {"trace": trace.current.get(), "reason": sentence}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", {"trace": trace.current.get()}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: they ask the database, which may be what is broken."""
    page = loader.get_template("500.html").render({"trace": trace.current.get()})
    return HttpResponse(page, status=500)


def _sentence(exception: Exception | None) -> str:
    return str(exception) if exception else ""
