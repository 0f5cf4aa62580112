"""Imports: upload a workbook, look at what it would do, confirm, watch, read what became of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadres import audit
from cadres.hints import hint
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import Sorts, Tab, build
from cadres.rights import require
from reports import progress, tasks
from reports.imports import books, jobs
from reports.imports.filters import FaultFilter, ImportFilter
from reports.imports.forms import ImportForm
from reports.imports.kinds import kind_named
from reports.models import ImportJob
from reports.outputs.workbook import CONTENT_TYPE

MAY_IMPORT: Final = "只有助企办公室可以导入数据。"
OWN_ONLY: Final = "只有上传人可以确认或取消这次导入。"
SORTS: Final[Sorts] = {"at": ("uploaded_at",), "kind": ("kind",)}
FAULT_SORTS: Final[Sorts] = {"row": ("row", "pk")}

State = ImportJob.State


@require_safe
def import_list(request: CadreRequest) -> HttpResponse:
    require(request.user, jobs.RIGHT, MAY_IMPORT)
    scope = (
        ImportJob.objects.visible_to(request.user).defer("preview").select_related("uploaded_by", "uploaded_by_deputy")
    )
    form = ImportFilter(request.GET, cadre=request.user)
    listing = build(request, scope, form, sorts=SORTS, default_sort="-at")
    tabs = [Tab("", "全部"), *(Tab(str(state), str(label)) for state, label in State.choices)]
    context = {
        "title": "数据导入",
        "tabs": listing.tabs("status", tabs),
        "empty_text": "还没有导入过数据",
        "empty_url": "new/",
        "empty_label": "上传第一个表格",
    }
    return listing.render("reports/import_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: CadreRequest) -> HttpResponse:
    require(request.user, jobs.RIGHT, MAY_IMPORT)
    initial = {"kind": request.GET.get("kind", "")}
    form = ImportForm(posted(request), uploaded(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        job = jobs.take_in(values["kind"], values["file"], by=request.user, now=timezone.now())
        hint(tasks.run_jobs)
        return redirect(job)
    context = {
        "title": "上传表格",
        "form": form,
        "submit_label": "上传并检查",
        "cancel_url": "../",
        "templates": [(kind, kind_named(kind).columns) for kind in ImportJob.Kind],
    }
    return render(request, "reports/import_form.html", context, status=422 if form.errors else 200)


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    """The job as it stands: how far, what it would do, what it did; its faults page by page."""
    job = _visible(request, pk)
    if request.htmx and request.htmx.target == "progress":
        return _how_far(request, job)
    listing = build(request, job.faults.all(), FaultFilter(request.GET, cadre=request.user), sorts=FAULT_SORTS)
    context = {
        "title": str(job),
        "job": job,
        "may_decide": job.is_checked and job.uploaded_by_id == request.user.pk,
        "remarks": job.message.splitlines(),
        "preview_note": _preview_note(job),
        **_progress(job, progress.FIRST_LOOK),
    }
    return listing.render("reports/import_detail.html", context)


def _preview_note(job: ImportJob) -> str:
    shown = len(job.preview)
    return f"共 {job.writable} 行，显示前 {shown} 行" if shown < job.writable else f"共 {job.writable} 行"


def _how_far(request: CadreRequest, job: ImportJob) -> HttpResponse:
    """The running bar again, to be asked for a little later each time; the whole page once the job has gone on."""
    if not job.is_waiting:
        return HttpResponse(headers={"HX-Refresh": "true"})
    looked = progress.looking_after(request.GET.get("after", ""))
    return render(request, "reports/_job_progress.html", {"job": job, **_progress(job, looked)})


def _progress(job: ImportJob, seconds: int) -> dict[str, Any]:
    return progress.shown(job, seconds) if job.is_waiting else {}


@require_POST
def confirm(request: CadreRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, State.CONFIRMED, "已确认，正在写入")


@require_POST
def cancel(request: CadreRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, State.CANCELLED, "已取消导入，没有写入任何内容")


def _decide(request: CadreRequest, pk: int, state: ImportJob.State, done: str) -> HttpResponse:
    job = _visible(request, pk)
    if job.uploaded_by_id != request.user.pk:
        raise PermissionDenied(OWN_ONLY)
    try:
        jobs.decide(job, state, now=timezone.now())
    except jobs.NotWaitingError as error:
        messages.warning(request, str(error))
    else:
        hint(tasks.run_jobs)
        messages.success(request, done)
    return redirect(job)


@require_safe
def template(request: CadreRequest, kind: str) -> HttpResponse:
    if kind not in ImportJob.Kind.values:
        raise Http404
    require(request.user, jobs.RIGHT, MAY_IMPORT)
    found = ImportJob.Kind(kind)
    return _attachment(books.template(found, request.user), f"{found.label}导入模板.xlsx")


@require_safe
def fault_book(request: CadreRequest, pk: int) -> HttpResponseBase:
    """The uploaded workbook with its faults marked; for one too large to be marked, or gone, the list of its faults."""
    job = _visible(request, pk)
    name = f"导入错误 {job.pk}.xlsx"
    audit.record(audit.Action.DOWNLOAD, cadre=request.user, subject=name, detail={"import": job.pk}, request=request)
    with suppress(FileNotFoundError):
        if job.marked:
            return FileResponse(job.marked.open("rb"), as_attachment=True, filename=name, content_type=CONTENT_TYPE)
    return _attachment(books.faults(job.faults.iterator()), name)


def _visible(request: CadreRequest, pk: int) -> ImportJob:
    job = get_object_or_404(
        ImportJob.objects.visible_to(request.user).select_related("uploaded_by", "uploaded_by_deputy"), pk=pk
    )
    require(request.user, jobs.RIGHT, MAY_IMPORT)
    return job


def _attachment(content: bytes, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content, content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition or "attachment"}
    )
