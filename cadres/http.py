"""The request as views see it: signed in (LoginRequiredMiddleware), with htmx details, and what a form takes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict
    from django_htmx.middleware import HtmxDetails

    from cadres.models import Cadre


class CadreRequest(HttpRequest):
    user: Cadre
    htmx: HtmxDetails
    principal: Cadre | None


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, even if that is nothing; None while the form is only asked for."""
    return request.POST if request.method == "POST" else None


def uploaded(request: HttpRequest) -> MultiValueDict[str, UploadedFile[Any]] | None:
    """The files to what was posted."""
    return request.FILES if request.method == "POST" else None


def onward(request: HttpRequest, otherwise: str = settings.LOGIN_REDIRECT_URL) -> str:
    """Where somebody was going (`next`), if that is the path of a page of ours; a word alone is no path."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if asked.startswith("/") and is_ours else otherwise
