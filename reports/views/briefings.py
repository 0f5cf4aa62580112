"""The daily bulletins: look, fetch again, sign, take a copy."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadres import audit
from cadres.http import CadreRequest
from cadres.listing import Tab, build
from cadres.rights import require
from reports import briefing, issuing, redaction
from reports.evidence import checksum
from reports.filters import STATES, BriefingFilter
from reports.models import Briefing
from reports.outputs import correction, layout, workbook
from reports.outputs.tables import Table
from reports.snapshot import Snapshot
from reports.wording import points

MAY_VIEW: Final = "只有办公室、督查和领导可以查看每日通报。"
MAY_SIGN: Final = "只有本辖区助企办公室可以签发通报、重新取数。"
SHOWN_ON_PAGE: Final = 100


@require_safe
def briefings(request: CadreRequest) -> HttpResponse:
    require(request.user, "reports.view_briefing", MAY_VIEW)
    scope = Briefing.objects.visible_to(request.user).without_contents().with_correction()
    scope = scope.select_related("region", "signed_by", "signed_by_deputy", "dispatch")
    form = BriefingFilter(request.GET, cadre=request.user)
    sorts = {"day": ("day", "-region__path")}
    listing = build(request, scope, form, sorts=sorts, default_sort="-day")
    signs = request.user.has_perm(briefing.SIGN)  # others see no drafts
    context = {
        "title": "每日通报",
        "tabs": listing.tabs("status", [Tab(value, label) for value, label in STATES]) if signs else [],
        "empty_text": "还没有通报",
        "empty_hint": "到设定时间会自动生成当日通报",
    }
    return listing.render("reports/briefing_list.html", context)


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    issue = visible(request, pk)
    snapshot, is_own = Snapshot.from_json(issue.figures), briefing.may_sign(request.user, issue)
    issuing.note_reading(issue, request.user, timezone.now())
    context = {
        "title": str(issue),
        "briefing": issue,
        "snapshot": snapshot,
        "notes": _notes(snapshot),
        "panels": _panels(issue, snapshot),
        "facts": _facts(issue, snapshot),
        "correction": correction.note(issue),
        "newer": Briefing.objects.select_related("region").filter(pk=issue.corrected_by or 0).first(),
        "dispatch": getattr(issue, "dispatch", None),
        "receipts": issue.receipts.select_related("cadre__department") if is_own else (),
        "may_sign": is_own and not issue.is_signed,
        "may_correct": is_own and issue.is_signed and not issue.corrected_by,
        **_text(issue),
    }
    return render(request, "reports/briefing_detail.html", context)


@require_POST
def refetch(request: CadreRequest, pk: int) -> HttpResponse:
    issue = own(request, pk)
    try:
        draft = briefing.refetch(issue, now=timezone.now(), by=request.user)
    except briefing.SigningError as error:
        messages.error(request, str(error))
    else:
        at = timezone.localtime(draft.cut_off_at)
        messages.success(request, f"已重新取数，数据截至 {at:%m-%d %H:%M}")
    return redirect(issue)


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: CadreRequest, pk: int) -> HttpResponse:
    """GET says what would be signed; POST signs what that page showed, or says what has happened meanwhile."""
    issue = own(request, pk)
    if request.method == "POST":
        try:
            edit, now = seen_edit(request), timezone.now()
            briefing.sign(issue, seen_at=seen_at(request), seen_edit=edit, now=now, by=request.user)
        except briefing.SigningError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"已签发 {issue}")
        return redirect(issue)
    if issue.is_signed:
        messages.error(request, f"{issue.signed_by}已经签发这期通报。")
        return redirect(issue)
    context = {
        "title": "签发通报",
        "question": f"确认签发《{issue}》？签发后数据和文字都不能再改。",
        "verb": "确认签发",
        "cancel_url": issue.get_absolute_url(),
        "briefing": issue,
        "facts": _facts(issue, Snapshot.from_json(issue.figures)),
        "correction": correction.note(issue),
        **_text(issue),
    }
    return render(request, "reports/briefing_sign.html", context)


@require_safe
def download(request: CadreRequest, pk: int) -> HttpResponse:
    """The workbook; the copy itself is everybody's, who took it is in the audit log."""
    issue = visible(request, pk)
    content, name = workbook.of(issue), workbook.filename(issue)
    issuing.note_reading(issue, request.user, timezone.now())
    audit.record(
        audit.Action.DOWNLOAD,
        cadre=request.user,
        subject=name,
        detail={"briefing": issue.pk, "sha256": checksum(content)},
        request=request,
    )
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content, content_type=workbook.CONTENT_TYPE, headers={"Content-Disposition": disposition or "attachment"}
    )


def visible(request: CadreRequest, pk: int) -> Briefing:
    related = ("region", "made_by", "signed_by__department", "corrects", "correction_approved_by", "dispatch__by")
    issues = Briefing.objects.visible_to(request.user).with_correction().select_related(*related)
    issue = get_object_or_404(issues, pk=pk)
    if not issue.receipts.filter(cadre=request.user).exists():  # to whom it was issued, that one may read it
        require(request.user, "reports.view_briefing", MAY_VIEW)
    return issue


def own(request: CadreRequest, pk: int) -> Briefing:
    """A bulletin that the cadre may sign."""
    issue = visible(request, pk)
    if not briefing.may_sign(request.user, issue):
        raise PermissionDenied(MAY_SIGN)
    return issue


class Panel(NamedTuple):
    """A table as far as a page shows it. `size` is None where its rows are no things to be counted."""

    table: Table
    size: int | None
    left_out: int
    empty: str = ""

    @property
    def css(self) -> str:
        """Lists may break over pages of paper."""
        return "" if self.size is None else "is-long"


def _panels(issue: Briefing, snapshot: Snapshot) -> list[Panel]:
    """What a correction changed, then the sheets of the workbook, long lists in part."""
    changes = correction.changes(issue)
    found = [_panel(changes, False, "数据没有变化")] if changes else []
    for sheet in layout.sheets(snapshot):
        found.append(_panel(sheet.table, sheet.is_list, sheet.empty))
        found += [_panel(table, True) for table in sheet.below]
    return found


def _panel(table: Table, is_list: bool, empty: str = "") -> Panel:
    rows = len(table.rows)
    left_out = max(0, rows - SHOWN_ON_PAGE) if is_list else 0
    return Panel(table.first(rows - left_out), rows if is_list else None, left_out, empty)


def _text(issue: Briefing) -> dict[str, Any]:
    """The text that is read, and how it differs from the one that was made."""
    body, edit = issue.body, issue.edit
    is_edited = body != issue.text
    return {
        "paragraphs": body.splitlines(),
        "edit": edit,
        "pieces": redaction.difference(issue.text, body) if is_edited else [],
        "figures_changed": redaction.figures_changed(issue.text, body) if is_edited else [],
    }


def _notes(snapshot: Snapshot) -> dict[str, str]:
    """What stands below each of the large figures."""
    total, cases = snapshot.total, snapshot.cases
    power = snapshot.power_day
    return {
        "attendance": f"{total.sums.attendance.numerator} / {total.sums.attendance.denominator} 人",
        "power": f"{power:%Y-%m-%d} 的用电数据" if power else "还没有用电数据",
        "resumption": points(total.points),
        "resumed": f"应复工 {total.base} 家",
        "reporting": f"沿用 {total.carried} 家，未报 {total.silent} 家",
        "new": f"办结 {cases.settled} 件",
        "overdue": f"本月按时办结率 {cases.timeliness.text}",
    }


def _facts(issue: Briefing, snapshot: Snapshot) -> list[tuple[str, str]]:
    total = snapshot.total
    return [
        ("通报", f"{issue.region}，{issue.day:%Y-%m-%d}，第 {issue.number} 期"),
        ("数据截至", f"{snapshot.as_of:%Y-%m-%d %H:%M}"),
        ("取数", f"{timezone.localtime(issue.made_at):%Y-%m-%d %H:%M} {issue.made_by or '系统'}"),
        ("复工率", f"{total.resumption.text}（{total.resumed} / {total.base} 家）"),
        ("上报率", f"{total.reporting.text}（{total.reported} / {total.base} 家）"),
        ("对比", f"{snapshot.as_of_before:%Y-%m-%d %H:%M} 的数据"),
    ]


def seen_at(request: CadreRequest) -> datetime | None:
    """When the draft was made that the signer looked at; None where the page does not say."""
    try:
        return parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        return None


def seen_edit(request: CadreRequest) -> int:
    """Which edit of the text the signer looked at; 0 for none, and a number that never is for nonsense."""
    text = request.POST.get("seen_edit", "0")
    return int(text) if text.isascii() and text.isdigit() else -1
