"""Handing out what was uploaded, by a view that has asked the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile
    from django.http import HttpRequest, HttpResponseBase

    from cadres.models import AbstractUpload

PROTECTED: Final = "/protected-media/"  # where the proxy has MEDIA_ROOT, for its own redirects alone
POLICY: Final = "sandbox; default-src 'none'"


def serve(request: HttpRequest, upload: AbstractUpload, *, as_attachment: bool) -> HttpResponseBase:
    """The file itself; the view has found `upload` through the scope. Only pictures are shown in the browser."""
    is_attachment = as_attachment or not upload.media_type.startswith("image/")
    return serve_file(request, upload.file, upload.name, upload.media_type, upload.sha256, as_attachment=is_attachment)


def serve_file(
    request: HttpRequest, file: FieldFile, name: str, media_type: str, version: str, *, as_attachment: bool
) -> HttpResponseBase:
    """By the proxy where it asks for that (it sets `X-Accel: on` itself, whatever came from outside), else by us.

    A browser may keep it and asks each time whether it still may show it: `version` changes with the content.
    """
    etag = f'"{version}"'
    response = get_conditional_response(request, etag=etag) or _body(request, file)
    response["Content-Type"] = media_type
    response["Content-Disposition"] = content_disposition_header(as_attachment, name) or "inline"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    return response


def _body(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    if request.headers.get("X-Accel") == "on":
        return HttpResponse(headers={"X-Accel-Redirect": PROTECTED + quote(file.name or "")})
    try:
        return FileResponse(file.open("rb"))
    except FileNotFoundError as error:
        raise Http404 from error
