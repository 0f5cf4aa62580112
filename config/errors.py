"""Error pages. Each shows the trace number, by which the log tells what happened."""

import sys
from typing import Final

import psycopg2
from django.contrib.sessions.exceptions import SessionInterrupted
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


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What Django can't take. Whose session could not be stored at the end lands here too, done as the work may be."""
    if is_out_of_reach(exception):
        return _away()
    context = {"trace": trace.current.get(), "is_signed_out": isinstance(exception, SessionInterrupted)}
    return HttpResponse(loader.get_template("400.html").render(context), status=400)


def broken(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: they ask the database, which may be what is broken."""
    if is_out_of_reach(sys.exc_info()[1]):
        return _away()
    return HttpResponse(loader.get_template("500.html").render({"trace": trace.current.get()}), status=500)


def is_out_of_reach(error: BaseException | None) -> bool:
    """Whether it came of a database that is away or went away in the middle: down, starting, full, or cut off."""
    while error is not None:
        if isinstance(error, InterfaceError) or _is_silent(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_silent(error: BaseException) -> bool:
    """Whether no server answered, or one that said that it can't at the moment."""
    cause = error.__cause__
    if type(error) not in (OperationalError, DatabaseError) or not isinstance(cause, psycopg2.Error):
        return False
    return cause.pgcode is None or cause.pgcode.startswith(OUT_OF_REACH)


def _away() -> HttpResponse:
    page = loader.get_template("503.html").render({"trace": trace.current.get()})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _sentence(exception: Exception | None) -> str:
    return str(exception) if exception else ""
