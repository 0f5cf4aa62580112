"""Error pages. Each shows the trace number, by which the log tells what happened."""

import sys
from typing import Final

import psycopg2
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from config import trace

# PostgreSQL's codes: connection exceptions, too many connections, shutting down or starting.
OUT_OF_REACH: Final = ("08", "53300", "57P")
RETRY_AFTER_SECONDS: Final = 10
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
    is_away = is_out_of_reach(sys.exc_info()[1])
    page = loader.get_template("503.html" if is_away else "500.html").render({"trace": trace.current.get()})
    if is_away:
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return HttpResponse(page, status=500)


def is_out_of_reach(error: BaseException | None) -> bool:
    """Whether the database is away or went away in the middle: down, starting, full, or a connection that broke."""
    if isinstance(error, InterfaceError):
        return True
    cause = error.__cause__ if error else None
    if type(error) not in (OperationalError, DatabaseError) or not isinstance(cause, psycopg2.Error):
        return False
    return cause.pgcode is None or cause.pgcode.startswith(OUT_OF_REACH)  # none where no server said anything


def _sentence(exception: Exception | None) -> str:
    return str(exception) if exception else ""
