"""What has been logged: the list and one visit."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from appeals.models import Appeal
from cadres.http import CadreRequest
from cadres.listing import build
from visits import following, reported
from visits.filters import VisitFilter
from visits.models import Visit
from visits.rights import require_reading
from visits.views.entry import drafts_of

Facts = list[tuple[str, str] | tuple[str, str, str]]

SORTS: Final = {
    "day": ("visited_on", "pk"),
    "name": ("enterprise__initials", "enterprise__name", "enterprise_id"),
    "cadre": ("cadre__initials", "cadre__name", "cadre_id"),
}


@require_safe
def visit_list(request: CadreRequest) -> HttpResponse:
    require_reading(request.user)
    scope = Visit.objects.visible_to(request.user).select_related("enterprise__region__parent", "cadre__department")
    form = VisitFilter(request.GET, cadre=request.user)
    listing = build(request, scope.with_appeal_count(), form, sorts=SORTS, default_sort="-day")
    may_log = request.user.has_perm("visits.log_visit")
    context = {
        "title": "走访记录",
        "may_log": may_log,
        "empty_text": "还没有走访记录",
        "empty_hint": "走访当天登记，约两分钟" if may_log else "专员登记走访后在这里查看",
        "empty_url": reverse("visits:new") if may_log else "",
        "empty_label": "记走访",
        "drafts": drafts_of(request.user) if may_log and not request.htmx else (),
    }
    return listing.render("visits/visit_list.html", context)


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Visit.objects.visible_to(request.user)
    related = scope.select_related("enterprise__region__parent", "cadre__department", "entered_by")
    visit = get_object_or_404(related, pk=pk)
    require_reading(request.user)
    now = timezone.now()
    told = reported.by_visit(visit)
    raised = Appeal.objects.visible_to(request.user).filter(pk__in=visit.appeals.values("pk"))
    context = {
        "title": f"走访 {visit.enterprise.name}",
        "visit": visit,
        "facts": _facts(visit),
        "texts": _texts(visit),
        "told": told,
        "status_facts": reported.facts(told) if told else (),
        "photos": visit.photos.all(),
        "followed_up": following.followed_up(visit, request.user),
        "appeals": raised.select_related("category", "lead").with_light(now).order_by("pk"),
    }
    return render(request, "visits/visit_detail.html", context)


def _facts(visit: Visit) -> Facts:
    enterprise = visit.enterprise
    receiver = " ".join(part for part in (visit.receiver_name, visit.receiver_title) if part)
    facts: Facts = [
        ("企业", enterprise.name, enterprise.get_absolute_url()),
        ("所属区域", render_to_string("visits/_place.html", {"region": enterprise.region}).strip()),
        ("企业联系人", enterprise.masked_contact),
        ("走访人", f"{visit.cadre.name} {visit.cadre.title}".strip()),
        ("走访单位", str(visit.cadre.department or "")),
        ("走访方式", visit.get_manner_display()),
        ("走访日期", f"{visit.visited_on:%Y-%m-%d}"),
        ("到达与离开", visit.hours),
        ("接待人", receiver),
        ("约定的下次联系", visit.next_contact),
        ("登记时间", f"{timezone.localtime(visit.logged_at):%Y-%m-%d %H:%M}"),
    ]
    if visit.entered_by.deputy:
        facts.append(("登记人", str(visit.entered_by)))
    elif visit.entered_by_id != visit.cadre_id:
        facts.append(("登记人", f"{visit.entered_by.name}（代{visit.cadre.name}）"))
    return facts


def _texts(visit: Visit) -> list[tuple[str, str]]:
    """The longer texts that were written."""
    labelled = [
        ("走访情况", visit.summary),
        ("安全与防疫措施", visit.safety),
        ("宣讲政策", visit.explained),
        ("意见建议", visit.suggestions),
    ]
    return [(label, text) for label, text in labelled if text]
