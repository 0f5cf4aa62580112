"""The page with the form of a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appeals.models import Appeal, Category
from appeals.registration import may_settle
from appeals.workflow import OPEN
from cadres.http import CadreRequest
from cadres.models import Cadre
from cadres.uploads import UploadError
from enterprises.models import Assignment, Enterprise, OperatingStatus
from policies.models import Policy
from visits import contact, offers
from visits.client_ids import ForeignClientIdError
from visits.drafts import AlreadyLoggedError
from visits.forms import AppealRows, FactRows, FollowUps, Offers, VisitForm
from visits.logging import Logged, log_visit
from visits.models import Visit, VisitDraft, VisitPhoto
from visits.photos import MOST, add_photos, prepared, remove_photo
from visits.typed import Typed, typed_id

MOST_POLICIES: Final = 200
TITLE: Final = "走访登记"
PHOTOS: Final = "photos"  # the name of the inputs that choose them
RECENTLY: Final = timedelta(days=7)
NEW_ID: Final = "表单编号失效，已换新编号；填写的内容都在，请再提交一次"


class Sheet(NamedTuple):
    """The form with its repeating parts."""

    form: VisitForm
    appeals: AppealRows
    facts: FactRows
    follow_ups: FollowUps

    def is_valid(self) -> bool:
        """Each part is judged, so that the page names everything at once."""
        form, *rows = [part.is_valid() for part in self]
        return form and all(rows)

    @property
    def words(self) -> str:
        """，随单提交诉求 2 件，现场办结 1 件."""
        settled = len([row for row in self.appeals.forms if row.cleaned_data.get("settled")])
        counts = (
            ("随单提交诉求 {} 件", len(self.appeals.forms) - settled),
            ("现场办结 {} 件", settled),
            ("跟进以往诉求 {} 件", len(self.follow_ups.texts)),
            ("记下政策兑现情况 {} 条", len(self.facts.forms)),
        )
        return "".join(f"，{words.format(count)}" for words, count in counts if count)


class FormPage:
    """The form for one enterprise, with what is known of it: last visit, last report, open appeals, team."""

    def __init__(self, request: CadreRequest, enterprise: Enterprise, now: datetime) -> None:
        self.request, self.enterprise, self.now = request, enterprise, now
        self.cadre, self.today = request.user, timezone.localdate(now)
        self.photo_problems: list[str] = []

    def show(self, typed: Typed, *, offered: VisitDraft | None = None) -> HttpResponse:
        """The page with what is typed so far, not yet judged; `offered` is a draft that could be taken up instead."""
        typed = typed.of(self.enterprise)
        sheet = Sheet(
            VisitForm(initial=typed.fields, **self._known),
            AppealRows(initial=typed.of_part(AppealRows), **self._known_of_appeals),
            FactRows(initial=typed.of_part(FactRows), offers=self._offers),
            FollowUps(typed.follow_ups, appeals=self._followable(typed), is_sent=False),
        )
        return self._render(sheet, offered=offered)

    def read(self, typed: Typed) -> Sheet:
        """What is typed, to be judged."""
        typed = typed.of(self.enterprise)
        return Sheet(
            VisitForm(typed.fields, **self._known),
            AppealRows(typed.data_of(AppealRows), **self._known_of_appeals),
            FactRows(typed.data_of(FactRows), offers=self._offers),
            FollowUps(typed.follow_ups, appeals=self._followable(typed) if typed.follow_ups else (), is_sent=True),
        )

    def with_new_id(self, typed: Typed) -> Sheet:
        sheet = self.read(typed.but(client_id=str(uuid4())))
        sheet.form.add_error(None, NEW_ID)
        return sheet

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

    def refuse(self, sheet: Sheet) -> HttpResponse:
        return self._render(sheet, status=422)

    def log(self, client_id: UUID, typed: Typed, sheet: Sheet) -> Logged:
        form = sheet.form
        return log_visit(
            self.enterprise,
            by=self.cadre,
            client_id=client_id,
            now=self.now,
            visitor=form.cleaned_data.get("visitor"),
            begun_at=typed.begun_at,
            status=form.status,
            appeals=sheet.appeals.appeals(form.cleaned_data["manner"]),
            policy_facts=sheet.facts.facts,
            policies=form.cleaned_data["policies"],
            follow_ups=sheet.follow_ups.texts,
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
        """Whose visit it may be: one's own or one's principal's, or a team leader's, whose assistant one is."""
        person, team = self.cadre.person, self.enterprise.team
        own = [(person, f"{person.name}（本人）")]
        if self.cadre.deputy:
            own.append((self.cadre, f"{self.cadre.name}（被代理人）"))
        if all(row.cadre != self.cadre for row in team):
            return own
        leading = [row.cadre for row in team if row.role == Assignment.Role.LEADER and row.cadre.is_active]
        leaders = {leader.pk: leader for leader in leading if leader.pk not in self.cadre.persons}
        return [*own, *((leader, f"{leader.name}（包联领导）") for leader in leaders.values())]

    @property
    def _known(self) -> dict[str, Any]:
        return {"visitors": self._visitors, "policies": lambda: self._policies, "today": self.today}

    @property
    def _known_of_appeals(self) -> dict[str, Any]:
        return {"categories": self.categories, "may_settle": lambda: self._may_settle}

    @cached_property
    def _may_settle(self) -> bool:
        return may_settle(self.cadre, self.enterprise)

    @cached_property
    def _policies(self) -> list[tuple[int, str]]:
        """What can be explained: the policies in force around here, the newest first."""
        found = Policy.objects.visible_to(self.cadre).in_force(self.today)
        return list(found.values_list("pk", "title")[:MOST_POLICIES])

    def _followable(self, typed: Typed) -> list[Appeal]:
        """The open appeals that can be commented on, and those that ended while something was typed of them."""
        if not self.cadre.has_perm("appeals.add_comment"):
            return []
        seen = Appeal.objects.visible_to(self.cadre).filter(enterprise=self.enterprise)
        wanted = seen.filter(Q(status__in=OPEN) | Q(pk__in=typed.follow_ups, number__isnull=False))
        return list(wanted.select_related("category", "lead").with_light(self.now).most_urgent_first())

    def _offers(self) -> Offers:
        return self._found_offers

    @cached_property
    def _found_offers(self) -> Offers:
        return offers.of_enterprise(self.enterprise, self.cadre, self.today)

    def _shown(self, follow_ups: FollowUps) -> FollowUps:
        """A form that says nothing of earlier appeals was judged without reading them."""
        if follow_ups.appeals or follow_ups.strays:
            return follow_ups
        return FollowUps({}, appeals=self._followable(Typed({})), is_sent=False)

    def _render(self, sheet: Sheet, *, status: int = 200, offered: VisitDraft | None = None) -> HttpResponse:
        form = sheet.form
        reports = OperatingStatus.objects.filter(enterprise=self.enterprise, day__lte=self.today).telling_state()
        if self.photo_problems and form.is_bound:
            form.add_error(None, "有照片没有收下，请看“现场照片”")
        form.recall(reports.order_by("-day").first())
        recent = Visit.objects.visible_to(self.cadre).filter(enterprise=self.enterprise)
        context = {
            "title": TITLE,
            "form": form,
            "rows": sheet.appeals,
            "facts": sheet.facts if self.cadre.has_perm("policies.record_fulfilment") else None,
            "enterprise": self.enterprise,
            "light": self.enterprise.contact_light(self.today),
            "last_contact": contact.words(self.enterprise, self.today),
            "open_appeals": Appeal.objects.visible_to(self.cadre).filter(enterprise=self.enterprise).open().count(),
            "follow_ups": self._shown(sheet.follow_ups),
            "recent": recent.since(self.today - RECENTLY).select_related("cadre")[:3],
            "offered": offered,
            "photos": VisitPhoto.objects.visible_to(self.cadre).of_form(typed_id(form["client_id"].value())),
            "photo_problems": self.photo_problems,
            "most_photos": MOST,
        }
        return render(self.request, "visits/visit_form.html", context, status=status)
