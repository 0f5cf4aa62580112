"""What people do besides the steps of a case: urging, remarks, papers, photos, signed links, contacts, a move."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from appeals import links, papers
from appeals.models import Appeal, Attachment, EnterpriseLink
from appeals.workflow import Status
from cadres.uploads import DOCUMENTS, check, store
from enterprises.models import Contact, Enterprise
from enterprises.moving import Place, move
from visits.models import Visit, VisitPhoto
from visits.photos import prepared
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from cadres.models import Cadre
    from reports.demo.people import Cast, Casting

URGED: Final = 5
DISCUSSED: Final = 6
SEVERAL_CONTACTS: Final = 40
PHOTOGRAPHED: Final = 10
LINKED: Final = 4
URGE: Final = "企业多次反映，请今天与企业联系，并登记办理进展。"
REMARKS: Final = (
    "企业补充：涉及 46 人，名单已发到专班群。",
    "已与交通运输部门沟通，等对方明天上午回话。",
    "昨天到现场看过，企业配合补齐了材料。",
)
SUBJECTS: Final = (("厂区大门", "#8aa4c2"), ("生产车间", "#b7a98a"), ("原料仓库", "#93a894"), ("座谈现场", "#c2a19a"))
PDF: Final = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


class Dealings:
    def __init__(self, random: Random, cast: Cast, casting: Casting, owners: dict[int, Cadre], now: datetime) -> None:
        self.random, self.cast, self.casting, self.owners, self.now = random, cast, casting, owners, now
        self.mine = [pk for pk, cadre in owners.items() if cadre == cast.named["specialist"]]

    def play(self, enterprises: list[Enterprise]) -> None:
        self._add_contacts(enterprises)
        self._urge()
        self._discuss()
        self._photograph()
        self._link()
        self._move(enterprises)

    def _add_contacts(self, enterprises: list[Enterprise]) -> None:
        some = [one for one in enterprises if one.pk in self.mine] + enterprises[:SEVERAL_CONTACTS]
        Contact.objects.bulk_create(
            Contact(
                enterprise=one,
                name=self.casting.name(),
                position=self.random.choice(("财务主管", "安全总监", "法定代表人助理")),
                phone=f"139{self.random.randrange(10**8):08d}",
                is_main=False,
            )
            for one in dict.fromkeys(some)
        )

    def _urge(self) -> None:
        late = Appeal.objects.filter(level__gte=2, status=Status.HANDLING).order_by("-level", "pk")
        for hours, appeal in enumerate(late[:URGED], start=1):
            at = self.now - timedelta(hours=hours)
            appeal.take("urge", by=Actor.of(self.cast.named["supervisor"]), now=at, note=URGE)

    def _discuss(self) -> None:
        """Remarks, every other with a paper; by whoever handles the case."""
        open_ones = Appeal.objects.filter(status=Status.HANDLING, handler__isnull=False).select_related("handler")
        named = open_ones.filter(handler=self.cast.named["handler"])
        for number, appeal in enumerate([*named[:2], *open_ones.exclude(pk__in=named)][:DISCUSSED]):
            at = max(appeal.status_since, self.now - timedelta(days=1)) + timedelta(minutes=5)
            if appeal.handler and at < self.now:
                files = [self._paper(number)] if number % 2 == 0 else []
                papers.comment(
                    appeal,
                    REMARKS[number % len(REMARKS)],
                    by=appeal.handler,
                    now=at,
                    client_id=self._uuid(),
                    files=[check(file, DOCUMENTS) for file in files],
                )
        replied = Appeal.objects.filter(status__in=(Status.REVIEWING, Status.CONFIRMING), handler__isnull=False)
        for number, appeal in enumerate(replied.select_related("handler")[:URGED]):
            if appeal.handler:
                found = [check(self._paper(number), DOCUMENTS), check(self._photo(number), DOCUMENTS)]
                given_with = Attachment.With.REPLY
                papers.attach(appeal, found, by=appeal.handler, now=appeal.status_since, given_with=given_with)

    def _photograph(self) -> None:
        """One to three photos for the latest visits on site, those of the named specialists first."""
        visits = Visit.objects.filter(manner=Visit.Manner.ON_SITE).select_related("cadre").order_by("-visited_on", "pk")
        named = [self.cast.named["specialist"], self.cast.named["specialist2"]]
        chosen = [*visits.filter(cadre__in=named)[:PHOTOGRAPHED], *visits.exclude(cadre__in=named)[:PHOTOGRAPHED]]
        for visit in chosen:
            for _ in range(self.random.randrange(1, 4)):
                photo = prepared(self._photo(self.random.randrange(len(SUBJECTS))))
                store(VisitPhoto, photo, by=visit.cadre, now=visit.logged_at, client_id=visit.client_id, visit=visit)

    def _link(self) -> None:
        """Links of the named specialist's enterprises: good ones, one revoked, one run out; one has been answered."""
        waiting = Appeal.objects.filter(status=Status.CONFIRMING).values_list("enterprise", flat=True).order_by("pk")
        keys = list(dict.fromkeys([*waiting[:2], *self.mine[: LINKED + 2]]))
        found = Enterprise.objects.in_bulk(keys)
        made = [self._make(found[pk], self.now - timedelta(days=days)) for days, pk in enumerate(keys, start=2)]
        links.revoke(made[-1], by=self._owner(made[-1].enterprise), now=self.now - timedelta(days=1))
        self._make(made[-2].enterprise, self.now - timedelta(days=45))
        for link in made[:-2]:
            links.note_opening(link, self.now - timedelta(hours=20))
        self._answer(made)

    def _make(self, enterprise: Enterprise, at: datetime) -> EnterpriseLink:
        link, _ = links.make(enterprise, days=30, by=self._owner(enterprise), now=at, sending=self._uuid())
        return link

    def _answer(self, made: list[EnterpriseLink]) -> None:
        """The enterprise confirms one answer itself, and is content."""
        for link in made:
            appeal = Appeal.objects.filter(enterprise=link.enterprise_id, status=Status.CONFIRMING).first()
            if appeal:
                links.answer(
                    link,
                    appeal,
                    "confirm",
                    contact=links.contacts_of(link.enterprise)[0],
                    sending=self._uuid(),
                    now=self.now - timedelta(minutes=40),
                    version=appeal.version,
                    note="反映的事情都解决了，感谢上门协调。",
                    solved=Appeal.Solved.YES,
                    rating=Appeal.Rating.SATISFIED,
                )
                return

    def _move(self, enterprises: list[Enterprise]) -> None:
        """An enterprise with an open case goes to another district."""
        moving = Appeal.objects.filter(status=Status.HANDLING).exclude(enterprise__in=self.mine).first()
        if moving is None:
            return
        enterprise = moving.enterprise
        there = next(one for one in self.cast.districts if not enterprise.region_path.startswith(one.path))
        town = self.cast.towns[there.code][0]
        move(
            enterprise,
            Place(town, f"{there.name}{town.name}工业路 18 号"),
            moved_on=timezone.localdate(self.now) - timedelta(days=3),
            reason="厂房扩建，整体搬迁到新区",
            by=self.cast.named["office"],
            now=self.now - timedelta(days=2),
        )

    def _owner(self, enterprise: Enterprise) -> Cadre:
        return self.owners.get(enterprise.pk, self.cast.named["office"])

    def _paper(self, number: int) -> SimpleUploadedFile:
        return SimpleUploadedFile(f"复函第{number + 1}号.pdf", PDF + b"%" * number, "application/pdf")

    def _photo(self, number: int) -> SimpleUploadedFile:
        """A drawing that stands for a photo: a building, or shelves, under a sky of its own."""
        name, colour = SUBJECTS[number % len(SUBJECTS)]
        image = Image.new("RGB", (960, 720), colour)
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 460, 960, 720), fill="#6d6a63")
        left = self.random.randrange(40, 200)
        draw.rectangle((left, 240, left + 620, 560), fill="#e6e2d8", outline="#57534c", width=4)
        for place in range(5):
            window = left + 40 + place * 115
            draw.rectangle((window, 300, window + 70, 380), fill="#5c7288")
        draw.rectangle((left + 260, 430, left + 350, 560), fill="#7a5c46")
        content = BytesIO()
        image.save(content, "JPEG", quality=82)
        return SimpleUploadedFile(f"{name}.jpg", content.getvalue(), "image/jpeg")

    def _uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)
