"""Two districts with the same things in each: what is one's own, and what is somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from appeals import links, papers, referring
from appeals.instructing.acting import give
from appeals.models import Appeal, Attachment, Category, EnterpriseLink, Limit, Referral, ReplyTerm
from appeals.supervising import acting
from cadres.models import Cadre, Deputyship, Mail, Message, Outbox, Region, SignIn
from cadres.roles import ADMINISTRATORS, Role
from cadres.uploads import DOCUMENTS, PICTURES, Checked, Kind, check, store
from enterprises.models import Assignment, Enterprise
from policies import registering
from policies.models import Policy, PolicyFile
from reports import briefing
from reports.ledgers import jobs as ledger_jobs
from reports.models import Briefing, ImportJob, Ledger, Recipient
from tests import factories
from tests.access.table import Row
from tests.cadres.deputies import deputyship
from tests.policies import people as policies
from tests.uploads import jpeg, uploaded
from visits.models import Visit, VisitDraft, VisitPhoto
from workflow.models import Holiday, Rung
from workflow.steps import Actor

OWN, FOREIGN = 2, 3  # the districts


@dataclass
class Side:
    """One district: its people, and one of everything that has an address."""

    people: dict[Role, Cadre]
    objects: dict[str, Model]


def build_side(number: int, now: datetime) -> Side:
    district = factories.district(number)
    department = factories.DepartmentFactory.create(region=district, name=f"第{number}区人社局")
    people = {
        role: factories.cadre(
            role, region=district, department=department if role in {Role.HANDLER, Role.HEAD} else None
        )
        for role in Role
    }
    enterprise = factories.EnterpriseFactory.create(region=district)
    contact = factories.contact(enterprise)
    campaign = factories.CampaignFactory.create(name=f"专项行动{number}", regions=[district])
    assignment = factories.assign(people[Role.SPECIALIST], enterprise, campaign)
    factories.assign(people[Role.TEAM_LEADER], enterprise, campaign, role=Assignment.Role.LEADER)
    appeal = factories.appeal(enterprise, people[Role.SPECIALIST], now=now)
    office = Actor.of(people[Role.OFFICE])
    appeal.take("assign", by=office, now=now, lead=department, triage="single", urgency="ordinary")
    referral = _referral(appeal, people, now)
    draft = factories.appeal(enterprise, people[Role.SPECIALIST], now=now, submit=False)
    visit = _visit(people[Role.SPECIALIST], enterprise, now)
    policy = policies.policy(region=district)
    item = policies.item(policy, department)
    fulfilment = registering.one(enterprise, item, "2026", by=people[Role.OFFICE], now=now)
    fulfilment.take("entitle", by=office, now=now)
    objects: dict[str, Model] = {
        "policy": policy,
        "item": item,
        "policy_file": _policy_file(policy, people[Role.OFFICE], now),
        "fulfilment": fulfilment,
        "region": factories.town(district),
        "department": department,
        "person": factories.cadre(Role.CALLER, region=district),
        "rung": Rung.objects.all()[number],
        "holiday": Holiday.objects.create(day="2030-03-21", kind="rest", name="诺鲁孜节", region=district),
        "category": Category.objects.all()[number],
        "limit": _limit(district),
        "enterprise": enterprise,
        "contact": contact,
        "campaign": campaign,
        "assignment": assignment,
        "appeal": appeal,
        "attachment": _attachment(appeal, people[Role.SPECIALIST], now),
        "order": acting.issue(appeal, "blue", "请报进展", by=people[Role.SUPERVISOR], now=now),
        "instruction": give(appeal, "请速办", by=people[Role.LEADER], now=now),
        "reply_term": ReplyTerm.objects.all()[number],
        "link": _link(enterprise, people[Role.OFFICE], now),
        "referral": referral,
        "referral_file": referral.files.get(),
        "draft_appeal": draft,
        "visit": visit,
        "photo": _photo(people[Role.SPECIALIST], now, client_id=visit.client_id, visit=visit),
        "draft_photo": _photo(people[Role.SPECIALIST], now, client_id=uuid4()),
        "visit_draft": VisitDraft.objects.create(
            client_id=uuid4(), cadre=people[Role.SPECIALIST], enterprise=enterprise, begun_at=now, saved_at=now
        ),
        "signed_briefing": _signed(_briefing(people[Role.OFFICE], now, days_ago=2), people[Role.OFFICE], now),
        "draft_briefing": _briefing(people[Role.OFFICE], now, days_ago=1),
        "mail": Mail.objects.create(recipient=people[Role.OFFICE], kind=Mail.Kind.NOTICE, made_at=now, due_at=now),
        "import": _import(people[Role.OFFICE], now),
        "recipient": Recipient.objects.create(
            region=district, cadre=people[Role.HANDLER], added_by=people[Role.OFFICE], added_at=now
        ),
        "ledger": _ledger(people[Role.OFFICE], now),
    }
    for role, cadre in people.items():
        objects[f"message_of_{role}"] = _message(cadre, now)
        objects[f"sign_in_of_{role}"] = _sign_in(cadre, now)
    for role, (given, taken) in _deputyships(people).items():
        objects[f"given_of_{role}"], objects[f"taken_of_{role}"] = given, taken
    objects["deputyship"] = deputyship(cast("Cadre", objects["person"]), people[Role.OFFICE])
    return Side(people, objects)


def _deputyships(people: dict[Role, Cadre]) -> dict[Role, tuple[Deputyship, Deputyship]]:
    """Of each role one that is to begin, in which they are represented, and one that runs, in which they represent."""
    roles, later = list(people), timezone.localdate() + timedelta(days=30)
    business = [role for role in roles if role not in ADMINISTRATORS]
    found = {}
    for role in roles:
        given = deputyship(people[role], people[business[role == business[0]]], days=40, starts_on=later)
        found[role] = (given, given)
    for role, other in zip(business, [*business[1:], business[0]], strict=True):
        found[role] = (found[role][0], deputyship(people[other], people[role]))
    return found


def _policy_file(policy: Policy, office: Cadre, now: datetime) -> PolicyFile:
    text = Checked(b"%PDF-", "原文.pdf", Kind.PDF, "application/pdf", 5, "0" * 64)
    return store(PolicyFile, text, by=office, now=now, policy=policy)


def _link(enterprise: Enterprise, office: Cadre, now: datetime) -> EnterpriseLink:
    return links.make(enterprise, days=30, by=office, now=now, sending=uuid4())[0]


def _limit(district: Region) -> Limit:
    """A district's own, as long as the city's."""
    values = Limit.objects.filter(region=None, urgency="ordinary").values().get()
    return Limit.objects.create(**{**values, "id": None, "region_id": district.pk})


def _attachment(appeal: Appeal, cadre: Cadre, now: datetime) -> Attachment:
    papers.attach(appeal, [check(uploaded(jpeg()), DOCUMENTS)], by=cadre, now=now, given_with="registration")
    return appeal.attachments.get()


def _referral(appeal: Appeal, people: dict[Role, Cadre], now: datetime) -> Referral:
    to = people[Role.DISCIPLINE].department
    assert to
    said = {"suspected": "推诿", "grounds": "多次退单", "client_id": uuid4()}
    files = [check(uploaded(jpeg()), DOCUMENTS)]
    return referring.hand_over(appeal, to=to, files=files, by=people[Role.SUPERVISOR], now=now, **said)


def _visit(cadre: Cadre, enterprise: Enterprise, now: datetime) -> Visit:
    return Visit.objects.create(
        client_id=uuid4(),
        number=f"ZF{enterprise.pk}",
        cadre=cadre,
        entered_by=cadre,
        enterprise=enterprise,
        region_path=enterprise.region_path,
        visited_on=now.date(),
        begun_at=now,
        logged_at=now,
    )


def _photo(cadre: Cadre, now: datetime, **owner: Any) -> VisitPhoto:
    return store(VisitPhoto, check(uploaded(jpeg()), PICTURES), by=cadre, now=now, **owner)


def _briefing(office: Cadre, now: datetime, *, days_ago: int) -> Briefing:
    assert office.region is not None
    return briefing.freeze(office.region, now.date() - timedelta(days=days_ago), now=now)


def _signed(draft: Briefing, office: Cadre, now: datetime) -> Briefing:
    return briefing.sign(draft, seen_at=draft.made_at, now=now, by=office)


def _import(office: Cadre, now: datetime) -> ImportJob:
    return ImportJob.objects.create(
        kind=ImportJob.Kind.REGIONS, filename="区域.csv", sha256="0", uploaded_by=office, uploaded_at=now
    )


def _ledger(office: Cadre, now: datetime) -> Ledger:
    """With its file in place."""
    asked = Ledger.objects.create(kind=Ledger.Kind.APPEALS, asked_by=office, asked_at=now)
    assert ledger_jobs.run_next(now=now)
    asked.refresh_from_db()
    return asked


def _sign_in(cadre: Cadre, now: datetime) -> SignIn:
    """In another browser than the one of the test."""
    return SignIn.objects.create(cadre=cadre, session_key=f"elsewhere-{cadre.pk}", at=now, seen_at=now)


def _message(cadre: Cadre, now: datetime) -> Message:
    outbox = Outbox.objects.create(key=f"test:{cadre.pk}", subject="提醒", created_at=now, delivered_at=now)
    return Message.objects.create(outbox=outbox, recipient=cadre, at=now)


def named(objects: dict[str, Any], name: str, role: Role) -> Model:
    """An object by its name in the table; everybody has a message, a sign-in and deputyships of their own."""
    found = objects[f"{name}_of_{role}" if name in {"message", "sign_in", "given", "taken"} else name]
    assert isinstance(found, Model)
    return found


def address(row: Row, side: Side, role: Role) -> str:
    keys: dict[str, Any] = {**row.words}
    if row.kind and not row.in_body:
        keys["pk"] = named(side.objects, row.kind, role).pk
    return reverse(row.name, kwargs=keys)
