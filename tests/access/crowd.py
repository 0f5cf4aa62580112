"""More of everything in a district, so that what a page costs with many rows shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from appeals import referring
from appeals.instructing.acting import give
from appeals.supervising import acting
from cadres import audit
from cadres.models import Cadre, Mail, Message, Outbox
from cadres.roles import Role
from enterprises.models import Assignment
from policies import registering
from reports.models import ImportFault, ImportJob, Ledger, Recipient
from tests import factories
from tests.access.world import Side
from tests.policies import people as policies
from visits.models import Visit
from workflow.models import Holiday
from workflow.steps import Actor


def add(side: Side, numbers: Iterable[int], now: datetime) -> None:
    """A row more in every list of the district for each number."""
    for number in numbers:
        _cases(side, number, now)
        _administration(side, number, now)
        _reports(side, number, now)
        for cadre in side.people.values():
            _message(cadre, number, now)


def _cases(side: Side, number: int, now: datetime) -> None:
    people, objects = side.people, side.objects
    specialist, office, leader = people[Role.SPECIALIST], Actor.of(people[Role.OFFICE]), people[Role.TEAM_LEADER]
    campaign: Any = factories.CampaignFactory.create(name=f"行动{number}", regions=[objects["enterprise"].region])
    department = people[Role.HANDLER].department
    enterprise = factories.EnterpriseFactory.create(region=objects["enterprise"].region)
    factories.assign(specialist, enterprise, campaign)
    factories.assign(leader, enterprise, campaign, role=Assignment.Role.LEADER)
    factories.EnterpriseFactory.create(region=objects["enterprise"].region)  # nobody's yet
    factories.contact(enterprise)
    factories.contact(objects["enterprise"], name=f"联系人{number}", is_main=False)
    factories.status(enterprise, now.date())
    for about in (enterprise, objects["enterprise"]):
        appeal = factories.appeal(about, specialist, now=now - timedelta(days=60), title=f"{about}的第{number}件诉求")
        appeal.take(
            "assign", by=office, now=now - timedelta(days=60), lead=department, triage="single", urgency="critical"
        )
        visited: dict[str, Any] = {"begun_at": now, "logged_at": now, "visited_on": now.date()}
        Visit.objects.create(
            client_id=uuid4(), number=f"ZF{about.pk}-{number}", cadre=specialist, entered_by=specialist,
            enterprise=about, region_path=about.region_path, **visited,
        )  # fmt: skip
    fresh = factories.appeal(enterprise, specialist, now=now, title=f"第{number}件新诉求")
    fresh.take("assign", by=office, now=now, lead=department, triage="single", urgency="ordinary")
    acting.issue(fresh, "blue", "请报进展", by=people[Role.SUPERVISOR], now=now)
    give(fresh, "请速办", by=people[Role.LEADER], now=now)
    lead: dict[str, Any] = {"suspected": "推诿", "grounds": "多次退单", "files": [], "client_id": uuid4()}
    inspectors = people[Role.DISCIPLINE].department
    assert inspectors
    referring.hand_over(fresh, to=inspectors, by=people[Role.SUPERVISOR], now=now, **lead)
    policy = policies.policy(region=objects["enterprise"].region, title=f"政策{number}")
    item = policies.item(policy, department)
    more = policies.item(objects["policy"], department, name=f"事项{number}")
    registering.one(objects["enterprise"], more, "2026", by=people[Role.OFFICE], now=now)
    row = registering.one(enterprise, item, "2026", by=people[Role.OFFICE], now=now)
    row.take("entitle", by=office, now=now)


def _administration(side: Side, number: int, now: datetime) -> None:
    region = side.objects["enterprise"].region
    factories.town(region, 100 + number)
    unit = factories.DepartmentFactory.create(region=region, name=f"第{number}科")
    factories.cadre(Role.SPECIALIST, department=unit)
    Holiday.objects.create(day=date(2030, 4, 1) + timedelta(days=number), kind="rest", name="节日", region=region)
    office = side.people[Role.OFFICE]
    Mail.objects.create(recipient=office, kind=Mail.Kind.NOTICE, made_at=now, due_at=now)
    audit.record(audit.Action.CONFIGURE, cadre=office, subject=f"第{number}次")


def _reports(side: Side, number: int, now: datetime) -> None:
    office = side.people[Role.OFFICE]
    ImportJob.objects.create(
        kind=ImportJob.Kind.REGIONS, filename="区域.csv", sha256=str(number), uploaded_by=office, uploaded_at=now
    )
    Ledger.objects.create(
        kind=Ledger.Kind.APPEALS, filter=f"q={number}", asked_by=side.people[Role.SPECIALIST], asked_at=now
    )
    ImportFault.objects.create(job=side.objects["import"], row=number, column="名称", reason="请填写。")
    member = factories.cadre(Role.HEAD, region=office.region)
    Recipient.objects.create(region=office.region, cadre=member, added_by=office, added_at=now)


def _message(cadre: Cadre, number: int, now: datetime) -> None:
    outbox = Outbox.objects.create(key=f"crowd:{cadre.pk}:{number}", subject="提醒", created_at=now, delivered_at=now)
    Message.objects.create(outbox=outbox, recipient=cadre, at=now)
