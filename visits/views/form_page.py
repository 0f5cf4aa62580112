"""The page with the form of a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appeals.models import Appeal, Category
from cadres.http import CadreRequest
from cadres.models import Cadre
from cadres.uploads import UploadError
from enterprises.models import Assignment, Enterprise, OperatingStatus
from visits import contact
from visits.client_ids import ForeignClientIdError
from visits.drafts import AlreadyLoggedError
from visits.forms import AppealRows, VisitForm
from visits.logging import Logged, log_visit
from visits.models import Visit, VisitDraft, VisitPhoto
from visits.photos import MOST, add_photos, prepared, remove_photo
from visits.typed import Typed, typed_id

TITLE: Final = "走访登记"
PHOTOS: Final = "photos"  # the name of the inputs that choose them
RECENTLY: Final = timedelta(days=7)
NEW_ID: Final = "表单编号失效，已换新编号；填写的内容都在，请再提交一次"


class FormPage:
    """The form for one enterprise, with what is known of it: last visit, last report, open appeals, team."""

    def __init__(self, request: CadreRequest, enterprise: Enterprise, now: datetime) -> None:
        self.request, self.enterprise, self.now = request, enterprise, now
        self.cadre, self.today = request.user, timezone.localdate(now)
        self.photo_problems: list[str] = []

    def show(self, typed: Typed, *, offered: VisitDraft | None = None) -> HttpResponse:
        """The page with what is typed so far, not yet judged; `offered` is a draft that could be taken up instead."""
        typed = typed.of(self.enterprise)
        form = VisitForm(initial=typed.fields, visitors=self._visitors, today=self.today)
        rows = AppealRows(initial=typed.rows, categories=self.categories)
        return self._render(form, rows, offered=offered)

    def read(self, typed: Typed) -> tuple[VisitForm, AppealRows]:
        """What is typed, to be judged."""
        typed = typed.of(self.enterprise)
        form = VisitForm(typed.fields, visitors=self._visitors, today=self.today)
        return form, AppealRows(typed.row_data, categories=self.categories)

    def with_new_id(self, typed: Typed) -> tuple[VisitForm, AppealRows]:
        form, rows = self.read(typed.but(client_id=str(uuid4())))
        form.add_error(None, NEW_ID)
        return form, rows

    def take_photos(self, typed: Typed, files: Sequence[UploadedFile[bytes]]) -> None:
        """Keep what came with the form itself, whatever becomes of the form; what isn't taken is said on the page."""
        found = []
        for file in files:
            try:
                found.append(prepared(file))
            except UploadError as error:
                self.photo_problems.append(f"“{file.name}”{error}")
        if not found:
            return
        try:
            if typed.client_id is None:
                raise ForeignClientIdError
            add_photos(typed, typed.client_id, found, self.enterprise, by=self.cadre, now=self.now)
        except UploadError as error:
            self.photo_problems.append(f"照片{error}")
        except AlreadyLoggedError:
            return  # by the same form, a moment ago; its answer says so
        except ForeignClientIdError:
            self.photo_problems.append("照片没有收下，请重新选择")

    def remove_photo(self, typed: Typed, key: str) -> None:
        mine = VisitPhoto.objects.visible_to(self.cadre).of_form(typed.client_id)
        for photo in mine:
            if str(photo.pk) == key:
                remove_photo(photo)

    def refuse(self, form: VisitForm, rows: AppealRows) -> HttpResponse:
        return self._render(form, rows, status=422)

    def log(self, client_id: UUID, typed: Typed, form: VisitForm, rows: AppealRows) -> Logged:
        return log_visit(
            self.enterprise,
            by=self.cadre,
            client_id=client_id,
            now=self.now,
            visitor=form.cleaned_data.get("visitor"),
            begun_at=typed.begun_at,
            status=form.status,
            appeals=rows.appeals,
            **form.facts,
        )

    @property
    def drafts(self) -> QuerySet[VisitDraft]:
        return VisitDraft.objects.visible_to(self.cadre).filter(enterprise=self.enterprise)

    @cached_property
    def categories(self) -> dict[int, Category]:
        return {category.pk: category for category in Category.objects.filter(active=True)}

    @cached_property
    def _visitors(self) -> list[tuple[Cadre, str]]:
        """Whose visit it may be: one's own, or that of a leader of the same team, whose assistant one is."""
        own, team = (self.cadre, f"{self.cadre.name}（本人）"), self.enterprise.team
        if all(row.cadre != self.cadre for row in team):
            return [own]
        leading = [row.cadre for row in team if row.role == Assignment.Role.LEADER and row.cadre.is_active]
        leaders = {leader.pk: leader for leader in leading if leader != self.cadre}
        return [own, *((leader, f"{leader.name}（包联领导）") for leader in leaders.values())]

    def _render(
        self, form: VisitForm, rows: AppealRows, *, status: int = 200, offered: VisitDraft | None = None
    ) -> HttpResponse:
        reports = OperatingStatus.objects.filter(enterprise=self.enterprise, day__lte=self.today)
        if self.photo_problems and form.is_bound:
            form.add_error(None, "有照片没有收下，请看“现场照片”")
        form.recall(reports.order_by("-day").first())
        recent = Visit.objects.visible_to(self.cadre).filter(enterprise=self.enterprise)
        context = {
            "title": TITLE,
            "form": form,
            "rows": rows,
            "row_count": len([row for row in rows if not row["DELETE"].value()]),
            "enterprise": self.enterprise,
            "light": self.enterprise.contact_light(self.today),
            "last_contact": contact.words(self.enterprise, self.today),
            "open_appeals": Appeal.objects.visible_to(self.cadre).filter(enterprise=self.enterprise).open().count(),
            "recent": recent.since(self.today - RECENTLY).select_related("cadre")[:3],
            "offered": offered,
            "photos": VisitPhoto.objects.visible_to(self.cadre).of_form(typed_id(form["client_id"].value())),
            "photo_problems": self.photo_problems,
            "most_photos": MOST,
        }
        return render(self.request, "visits/visit_form.html", context, status=status)
