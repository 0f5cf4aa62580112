"""Logging a visit: the choice of the enterprise, and the form."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cadres.http import CadreRequest
from cadres.models import Cadre
from enterprises.models import Enterprise
from visits import contact
from visits.client_ids import ForeignClientIdError
from visits.drafts import AlreadyLoggedError, save_draft
from visits.models import Visit, VisitDraft
from visits.rights import require_logging
from visits.typed import Typed
from visits.views.form_page import PHOTOS, TITLE, FormPage
from workflow.steps import IllegalStepError

OFFERED: Final = 20
LONGEST_QUERY: Final = 60


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: CadreRequest) -> HttpResponse:
    """The form of a visit; while no enterprise is chosen, the choice of one."""
    require_logging(request.user)
    return _sent(request) if request.method == "POST" else _opened(request)


def _opened(request: CadreRequest) -> HttpResponse:
    now = timezone.now()
    key = request.GET.get("enterprise", "")
    draft = None
    if "draft" in request.GET:
        client_id = as_uuid(request.GET["draft"])
        if visit := _stored(request.user, client_id):
            return _stored_already(request, visit)
        draft = get_object_or_404(VisitDraft.objects.visible_to(request.user), client_id=client_id)
        if not key and "change" not in request.GET:
            key = str(draft.enterprise_id)
    if not key:
        return _choice(request)
    page = FormPage(request, visible_enterprise(request.user, key), now)
    if draft is None:
        return page.show(Typed.blank(now), offered=page.drafts.first())
    return page.show(Typed.kept(draft.data))


def _sent(request: CadreRequest) -> HttpResponse:
    """One of the form's buttons was pressed; those for rows and drafts work without scripts, too."""
    now = timezone.now()
    typed = Typed.sent(request.POST)
    if typed.client_id and (visit := _stored(request.user, typed.client_id)):
        return _stored_already(request, visit)
    page = FormPage(request, visible_enterprise(request.user, typed.fields.get("enterprise", "")), now)
    page.take_photos(typed, request.FILES.getlist(PHOTOS))
    if "remove_photo" in request.POST:
        page.remove_photo(typed, request.POST["remove_photo"])
        return page.show(typed)
    if "add_row" in request.POST:
        return page.show(typed.with_one_more_row(request.POST["add_row"]))
    if "delete_row" in request.POST:
        return page.show(typed.without_row(*request.POST["delete_row"].rpartition("-")[::2]))
    if "keep" in request.POST:
        return _keep(request, page, typed, is_for_change=request.POST["keep"] == "change")
    return _submit(request, page, typed)


def _submit(request: CadreRequest, page: FormPage, typed: Typed) -> HttpResponse:
    sheet = page.read(typed)
    is_valid = sheet.is_valid()
    if typed.client_id is None:
        return page.refuse(page.with_new_id(typed))
    if not is_valid or page.photo_problems:
        return page.refuse(sheet)
    try:
        visit, is_new = page.log(typed.client_id, typed, sheet)
    except ForeignClientIdError:
        return page.refuse(page.with_new_id(typed))
    except IllegalStepError as refusal:
        sheet.form.add_error(None, str(refusal))
        return page.refuse(sheet)
    if not is_new:
        return _stored_already(request, visit)
    messages.success(request, f"走访已登记，编号 {visit.number}{sheet.words}")
    if sheet.form.doubt:
        messages.warning(request, sheet.form.doubt)
    return redirect(visit)


def _keep(request: CadreRequest, page: FormPage, typed: Typed, *, is_for_change: bool) -> HttpResponse:
    """存草稿, or 更换 (the enterprise), which takes along what is typed."""
    client_id = typed.client_id or uuid4()
    try:
        save_draft(client_id, typed, page.enterprise, by=request.user, now=page.now)
    except (AlreadyLoggedError, ForeignClientIdError) as error:
        raise Http404 from error
    for problem in page.photo_problems:
        messages.warning(request, problem)
    if is_for_change:
        messages.success(request, "填写的内容已存草稿，请重新选择企业")
        return redirect(f"{reverse('visits:new')}?draft={client_id}&change=1")
    messages.success(request, f"草稿已保存：{page.enterprise.name}")
    return redirect("visits:list")


def _choice(request: CadreRequest) -> HttpResponse:
    """Enterprises to choose from: one's own first, by longest since the last visit."""
    today = timezone.localdate()
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    offered = Enterprise.objects.visible_to(request.user).select_related("region__parent").with_team_of(today)
    if query:
        offered = offered.search(query)
    found = list(contact.longest_uncontacted_first(offered, request.user)[: OFFERED + 1])
    context = {
        "title": TITLE,
        "offered": [(one, one.contact_light(today), contact.words(one, today)) for one in found[:OFFERED]],
        "has_more": len(found) > OFFERED,
        "query": query,
        "draft": request.GET.get("draft", ""),
        "drafts": [] if "draft" in request.GET else drafts_of(request.user),
    }
    is_part = bool(request.htmx) and request.htmx.target == "choices"
    return render(request, "visits/_choices.html" if is_part else "visits/visit_choose.html", context)


def visible_enterprise(cadre: Cadre, key: str) -> Enterprise:
    """The enterprise of this key within the cadre's scope, else 404."""
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Http404
    scope = Enterprise.objects.visible_to(cadre).select_related("region__parent")
    return get_object_or_404(scope.with_team_of(timezone.localdate()), pk=key)


def as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def drafts_of(cadre: Cadre) -> QuerySet[VisitDraft]:
    return VisitDraft.objects.visible_to(cadre).select_related("enterprise")


def _stored(cadre: Cadre, client_id: UUID) -> Visit | None:
    """The visit that this cadre has stored under this id."""
    return Visit.objects.filter(client_id=client_id, entered_by=cadre).first()


def _stored_already(request: CadreRequest, visit: Visit) -> HttpResponse:
    """A green notice as for the first time, upon which the browser forgets its copy of the draft."""
    messages.success(request, f"这次走访已经登记，没有重复保存，编号 {visit.number}")
    if request.FILES:
        messages.warning(request, "照片以首次提交的为准，这次选的没有再加上")
    return redirect(visit)
