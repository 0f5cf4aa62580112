"""The city that the load works in: two districts, their people, enterprises and signed links."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django.utils import timezone

from appeals import links
from cadres.models import Cadre, Department, MailManner, Region
from cadres.roles import Role
from enterprises.models import Enterprise
from tests import factories
from workflow.steps import Actor

PASSWORD: Final = "Chaos-trial-2026"  # noqa: S105 -- of people who exist for an hour
ENTERPRISES: Final = 24
LINKED: Final = 4
DIGITS: Final = "5678"


@dataclass
class City:
    """Usernames by role, the enterprises that each specialist looks after, and tokens of links."""

    people: dict[Role, list[str]] = field(default_factory=dict)
    enterprises: dict[str, list[int]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)


def build() -> City:
    """Into a database that is migrated and empty."""
    city = City()
    region, districts = factories.city(), [factories.district(number) for number in (1, 2)]
    campaign = factories.CampaignFactory.create(starts_on=timezone.localdate() - timedelta(days=30))
    office = Department.objects.create(name="市助企办", region=region)
    for role in (Role.OFFICE, Role.SUPERVISOR, Role.LEADER, Role.SYSADMIN):
        _hire(city, role, office)
    for name in ("市人社局", "市住建局"):
        bureau = Department.objects.create(name=name, region=region, handles_appeals=True)
        _hire(city, Role.HANDLER, bureau)
        _hire(city, Role.HEAD, bureau)
    for number, district in enumerate(districts):
        department = Department.objects.create(name=f"{district}工信局", region=district)
        specialist = _hire(city, Role.SPECIALIST, department)
        enterprises = [_found(district, number * ENTERPRISES + each) for each in range(ENTERPRISES // 2)]
        for enterprise in enterprises:
            factories.assign(specialist, enterprise, campaign)
        city.enterprises[specialist.username] = [enterprise.pk for enterprise in enterprises]
        city.tokens += [_link(enterprise, specialist) for enterprise in enterprises[: LINKED // 2]]
        _raise(enterprises, specialist)
    return city


def _hire(city: City, role: Role, department: Department) -> Cadre:
    hired = city.people.setdefault(role, [])
    username = f"{role}-{len(hired) + 1}"
    cadre = factories.cadre(role, department=department, username=username, name=f"{role.label}{len(hired) + 1}")
    cadre.set_password(PASSWORD)
    cadre.email, cadre.mail_manner = f"{username}@example.gov.cn", MailManner.AT_ONCE
    cadre.save()
    hired.append(username)
    return cadre


def _found(district: Region, number: int) -> Enterprise:
    enterprise = factories.EnterpriseFactory.create(region=district, name=f"澜川第{number}机械厂")
    factories.contact(enterprise, phone=f"1381234{DIGITS}")
    return enterprise


def _raise(enterprises: list[Enterprise], specialist: Cadre) -> None:
    """An appeal of each enterprise, brought as far along the way as its place says, so that everybody has work."""
    now = timezone.now()
    office = Cadre.objects.get(username=f"{Role.OFFICE}-1")
    handler = Cadre.objects.get(username=f"{Role.HANDLER}-1")
    head = Cadre.objects.get(username=f"{Role.HEAD}-1")
    way: list[tuple[str, Cadre, dict[str, Any]]] = [
        ("assign", office, {"lead": handler.department, "triage": "single", "urgency": "ordinary"}),
        ("sign", handler, {}),
        ("reply", handler, {"outcome": "solved", "reply": "专车接回44人"}),
        ("approve", head, {}),
    ]
    for place, enterprise in enumerate(enterprises):
        appeal = factories.appeal(enterprise, specialist, now=now)
        for name, cadre, values in way[: place % (len(way) + 1)]:
            appeal.take(name, by=Actor.of(cadre), now=now, **values)


def _link(enterprise: Enterprise, by: Cadre) -> str:
    _, token = links.make(enterprise, days=90, by=by, now=timezone.now(), sending=uuid4())
    return token
