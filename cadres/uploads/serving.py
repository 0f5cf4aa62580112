"""Handing out what was uploaded, by a view that has asked the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models.fields.files import FieldFile
    from django.http import HttpRequest, HttpResponseBase

    from cadres.models import AbstractUpload

PROTECTED: Final = "/protected-media/"  # where the proxy has MEDIA_ROOT, for its own redirects alone
POLICY: Final = "sandbox; default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


def serve(request: HttpRequest, upload: AbstractUpload, *, as_attachment: bool) -> HttpResponseBase:
    """The file itself; the view has found `upload` through the scope. Only pictures are shown in the browser."""
    is_attachment = as_attachment or not upload.is_picture
    told = {"name": upload.name, "media_type": upload.media_type, "version": upload.sha256}
    return answer(request, lambda: _body(request, upload.file), as_attachment=is_attachment, **told)


def answer(
    request: HttpRequest,
    make: Callable[[], HttpResponseBase],
    *,
    name: str,
    media_type: str,
    version: str,
    as_attachment: bool = False,
) -> HttpResponseBase:
    """What `make` gives, as nothing but data to the browser: it runs nothing in it and guesses nothing about it.

    A browser keeps no file that it hands on to its owner's disk. What it shows it may keep, and asks each time whether
    it still may show it: `version` changes with the content, and nothing is made where the browser has this version.
    """
    etag = f'"{version}"'
    response = get_conditional_response(request, etag=etag) or make()
    response["Content-Type"] = media_type
    response["Content-Disposition"] = content_disposition_header(as_attachment, name) or "inline"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store" if as_attachment else "private, no-cache"
    response["ETag"] = etag
    return response


def _body(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    """By the proxy where it asks for that (it sets `X-Accel: on` itself, whatever came from outside), else by us."""
    if request.headers.get("X-Accel") == "on":
        return HttpResponse(headers={"X-Accel-Redirect": PROTECTED + quote(file.name or "")})
    try:
        return FileResponse(file.open("rb"))
    except FileNotFoundError as error:
        raise Http404 from error
