"""The library of policies: the list, one policy with its items and how far they are, its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, F, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres import changes, uploads
from cadres.counting import CountEach
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import Sorts, Tab, build
from cadres.locking import locked_or_404
from cadres.rights import require
from policies.filters import PolicyFilter
from policies.forms import PolicyForm
from policies.models import Fulfilment, Item, Policy, PolicyFile
from policies.templatetags.policy_tags import validity
from policies.workflow import Status

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from cadres.changes import Change
    from cadres.models import Cadre

RIGHT: Final = "policies.change_policy"
WHO_EDITS: Final = "只有办公室可以新增、编辑政策。"
NOT_FOR_YOU: Final = "查看惠企政策需要业务角色，请联系本单位安全管理员。"
SORTS: Final[Sorts] = {
    "newest": ("-pk",),
    "title": ("title",),
    "until": (F("valid_until").asc(nulls_last=True),),
}


class StatusCount(NamedTuple):
    label: str
    colour: str
    rows: int
    url: str


@require_safe
def policy_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "policies.view_policy", NOT_FOR_YOU)
    scope = Policy.objects.visible_to(request.user).select_related("region").prefetch_related("items__department")
    listing = build(request, scope.defer("text"), PolicyFilter(request.GET, cadre=request.user), sorts=SORTS)
    may_edit = request.user.has_perm(RIGHT)
    today = timezone.localdate()
    for row in listing.rows:
        row.state = row.state_on(today)
    tabs = [Tab("", "全部"), Tab("valid", "执行中"), Tab("ended", "已失效")]
    context = {
        "title": "惠企政策",
        "tabs": listing.tabs("status", tabs),
        "may_edit": may_edit,
        "empty_text": "还没有政策",
        "empty_hint": "新增或导入政策后，在这里查看兑现进度" if may_edit else "",
    }
    return listing.render("policies/policy_list.html", context)


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    policy = visible(request, pk)
    today = timezone.localdate()
    items = _counted(policy, request.user)
    for item in items:
        item.light = item.window_light(today)  # type: ignore[attr-defined]
    context = {
        "title": policy.title,
        "policy": policy,
        "state": policy.state_on(today),
        "facts": _facts(policy),
        "items": items,
        "files": list(policy.files.select_related("uploaded_by", "uploaded_by_deputy")),
        "may_edit": may_edit(request.user, policy),
        "changes": _changes(policy) if may_edit(request.user, policy) else None,
        "may_add": request.user.has_perm("policies.add_fulfilment") and bool(request.user.region_scope),
    }
    return render(request, "policies/policy_detail.html", context)


def visible(request: CadreRequest, pk: int) -> Policy:
    require(request.user, "policies.view_policy", NOT_FOR_YOU)
    return get_object_or_404(Policy.objects.visible_to(request.user).select_related("region", "entered_by"), pk=pk)


def may_edit(cadre: Cadre, policy: Policy) -> bool:
    """The office of the policy's region, or of one above it."""
    scope = cadre.region_scope
    return cadre.has_perm(RIGHT) and bool(scope) and policy.region.path.startswith(scope)


def require_edit(cadre: Cadre, policy: Policy) -> None:
    require(cadre, RIGHT, WHO_EDITS)
    if not may_edit(cadre, policy):
        raise PermissionDenied("这是上级发布的政策，由上级办公室编辑。")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, WHO_EDITS)
    form = PolicyForm(posted(request), uploaded(request), cadre=request.user)
    if request.method == "POST" and form.is_valid():
        form.instance.entered_by, form.instance.entered_at = request.user, timezone.now()
        policy = _save(form, request.user, timezone.now())
        messages.success(request, f"已新增政策“{policy}”，请继续填写它的事项。")
        return redirect("policies:new_item", policy.pk)
    context = {"title": "新增政策", "form": form}
    return render(request, "policies/policy_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def edit(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, "policies.view_policy", NOT_FOR_YOU)
    scope = Policy.objects.visible_to(request.user).select_related("region")
    policy = locked_or_404(scope, pk) if request.method == "POST" else get_object_or_404(scope, pk=pk)
    require_edit(request.user, policy)
    form = PolicyForm(posted(request), uploaded(request), instance=policy, cadre=request.user)
    if request.method == "POST" and form.is_valid():
        _save(form, request.user, timezone.now())
        messages.success(request, f"已保存政策“{policy}”。")
        return redirect(policy)
    stored = Policy.objects.get(pk=pk)
    context = {"title": "编辑政策", "form": form, "policy": stored, "changes": changes.of_row(stored)}
    return render(request, "policies/policy_form.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _save(form: PolicyForm, by: Cadre, now: datetime) -> Policy:
    policy = form.save()
    for checked in form.cleaned_data["documents"]:
        uploads.store(PolicyFile, checked, by=by, now=now, policy=policy)
    return policy


@require_safe
def file(request: CadreRequest, pk: int) -> HttpResponseBase:
    return uploads.serve(request, _file(request, pk), as_attachment="download" in request.GET)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def remove_file(request: CadreRequest, pk: int) -> HttpResponse:
    found = _file(request, pk)
    require_edit(request.user, found.policy)
    if request.method == "POST":
        uploads.discard(found)
        messages.success(request, f"已移除文件“{found.name}”。")
        return redirect(found.policy)
    context = {
        "title": "移除文件",
        "question": f"移除“{found.policy}”的文件“{found.name}”？移除后不能恢复。",
        "verb": "确认移除",
        "cancel_url": found.policy.get_absolute_url(),
        "is_dangerous": True,
    }
    return render(request, "layouts/confirm.html", context)


def _file(request: CadreRequest, pk: int) -> PolicyFile:
    require(request.user, "policies.view_policy", NOT_FOR_YOU)
    mine = PolicyFile.objects.filter(policy__in=Policy.objects.visible_to(request.user).values("pk"))
    return get_object_or_404(mine.select_related("policy__region"), pk=pk)


def _changes(policy: Policy) -> list[Change]:
    """Of the policy and of its items, each of these with its name, newest first."""
    found = changes.of_row(policy) + changes.of_table(Item, policy=policy.pk)
    return sorted(found, key=lambda change: change.at, reverse=True)[: changes.SHOWN]


def _facts(policy: Policy) -> list[tuple[str, str]]:
    return [
        ("文号", policy.document_number),
        ("发文机关", policy.issuer),
        ("层级", policy.get_level_display()),
        ("类别", policy.get_category_display()),
        ("适用区域", policy.region.name),
        ("有效期", validity(policy)),
    ]


def _counted(policy: Policy, cadre: Cadre) -> list[Item]:
    """The policy's items with `counts`: how many rows of the reader's scope have which status. Two queries."""
    near, others = Fulfilment.objects.in_parts(cadre)
    each = CountEach(near.filter(item=OuterRef("pk")), "status", Status.values)
    items: list[Any] = list(policy.items.select_related("department").annotate(of_near=each))
    rows = others.filter(item__policy=policy).order_by().values_list("item", "status")
    of_others = {(item, status): number for item, status, number in rows.annotate(number=Count("pk"))}
    for item in items:
        counts = zip(Status, item.of_near, strict=True)
        numbers = {status: number + of_others.get((item.pk, status), 0) for status, number in counts}
        item.counts = [_count(item, status, number) for status, number in numbers.items() if number]
    return items


def _count(item: Item, status: Status, rows: int) -> StatusCount:
    url = f"{reverse('policies:fulfilments')}?item={item.pk}&status={status}"
    return StatusCount(status.label, Fulfilment(status=status).status_colour, rows, url)
