"""Photos: each goes to the draft of its form at once; afterwards they are seen with the visit."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cadres import uploads
from cadres.http import CadreRequest
from cadres.uploads import UploadError
from cadres.uploads.pictures import shrunk
from cadres.uploads.serving import answer
from visits.client_ids import ForeignClientIdError
from visits.drafts import AlreadyLoggedError
from visits.models import VisitPhoto
from visits.photos import THUMBNAIL, add_photos, prepared, remove_photo
from visits.rights import require_logging, require_reading
from visits.typed import Typed, typed_id
from visits.views.entry import visible_enterprise

PLAIN = "text/plain; charset=utf-8"


@require_safe
def photos(request: CadreRequest) -> HttpResponse:
    """Those of a form, for a page that takes up what this device has kept of it."""
    require_logging(request.user)
    mine = VisitPhoto.objects.visible_to(request.user)
    shown = mine.of_form(typed_id(request.GET.get("client_id")))
    return render(request, "visits/_photos.html", {"photos": shown})


@require_POST
def add(request: CadreRequest) -> HttpResponse:
    """Keep the form as far as it is typed, with one photo; what is refused is answered with its sentence."""
    require_logging(request.user)
    typed, file = Typed.sent(request.POST), request.FILES.get("photo")
    enterprise = visible_enterprise(request.user, typed.fields.get("enterprise", ""))
    if typed.client_id is None or file is None:
        return HttpResponseBadRequest()
    try:
        found = [prepared(file)]
        added = add_photos(typed, typed.client_id, found, enterprise, by=request.user, now=timezone.now())
    except UploadError as error:
        return HttpResponse(str(error), status=422, content_type=PLAIN)
    except AlreadyLoggedError:
        return HttpResponse("这次走访已经提交，照片没有加上", status=409, content_type=PLAIN)
    except ForeignClientIdError:
        return HttpResponse("表单编号失效，请刷新页面后重新选择照片", status=409, content_type=PLAIN)
    return render(request, "visits/_photos.html", {"photos": added})


@require_POST
def remove(request: CadreRequest, pk: int) -> HttpResponse:
    require_logging(request.user)
    photo = get_object_or_404(VisitPhoto.objects.visible_to(request.user), pk=pk)
    if photo.visit_id:
        raise PermissionDenied("走访已经登记，照片不能再移除。")
    remove_photo(photo)
    return HttpResponse(status=204)


@require_safe
def photo(request: CadreRequest, pk: int) -> HttpResponseBase:
    return uploads.serve(request, _visible(request, pk), as_attachment=False)


@require_safe
def thumbnail(request: CadreRequest, pk: int) -> HttpResponseBase:
    found = _visible(request, pk)

    def make() -> HttpResponse:
        try:
            with found.file.open("rb") as file:
                return HttpResponse(shrunk(file.read(), THUMBNAIL)[0])
        except FileNotFoundError as error:
            raise Http404 from error

    return answer(request, make, name=found.name, media_type=found.media_type, version=f"{found.sha256}-{THUMBNAIL}")


def _visible(request: CadreRequest, pk: int) -> VisitPhoto:
    found = get_object_or_404(VisitPhoto.objects.visible_to(request.user), pk=pk)
    if found.visit_id:
        require_reading(request.user)
    return found
