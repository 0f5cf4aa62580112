"""Pages whose only purpose is what every page has in common."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config.urls import handler403, handler404, handler500, urlpatterns

__all__ = ["handler403", "handler404", "handler500"]


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>公开</p>")


@login_not_required
def data(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@login_not_required
def kept(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>公开</p>", headers={"Cache-Control": "private, max-age=300"})


@login_not_required
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>已收到</p>")


@login_not_required
def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("只有承办人可以签收。")


@login_not_required
def missing(request: HttpRequest) -> HttpResponse:
    raise Http404


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


@login_not_required
def asks_too_much(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select 1/0")
    return HttpResponse()


def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>内部</p>")


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("只有承办人可以签收。")


urlpatterns = [
    *urlpatterns,
    path("probe/public/", public),
    path("probe/data/", data),
    path("probe/kept/", kept),
    path("probe/form/", form),
    path("probe/forbidden/", forbidden),
    path("probe/missing/", missing),
    path("probe/broken/", broken),
    path("probe/asks-too-much/", asks_too_much),
    path("probe/private/", private),
    path("probe/refused/", refused),
]
