"""What a phone sends when a visit is logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appeals.models import Category
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise
from tests import factories
from visits.models import Visit

NEW = "/visits/new/"


@dataclass
class Team:
    """A specialist with an enterprise, signed in."""

    enterprise: Enterprise = field(default_factory=factories.EnterpriseFactory.create)
    specialist: Cadre = field(init=False)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.specialist = factories.cadre(Role.SPECIALIST, region=self.enterprise.region, name="王晓敏")
        factories.assign(self.specialist, self.enterprise)
        self.client = signed_in(self.specialist)

    def send(self, *appeals: dict[str, Any], client: Client | None = None, **fields: Any) -> Any:
        return (client or self.client).post(NEW, filled(self.enterprise, *appeals, **fields))


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def filled(enterprise: Enterprise, *appeals: dict[str, Any], **fields: Any) -> dict[str, str]:
    """The form as it goes out: valid unless `fields` say otherwise; None leaves one out, a callable makes it."""
    sent: dict[str, Any] = {
        "client_id": uuid4(),
        "begun_at": timezone.now().isoformat(),
        "enterprise": enterprise.pk,
        "manner": "on_site",
        "visited_on": timezone.localdate(),
        "arrived_at": "10:05",
        "left_at": "10:50",
        "receiver_name": "李红梅",
        "receiver_title": "厂长",
        "summary": "车间正常生产",
        "state": "partial",
        "due": "146",
        "on_duty": "131",
        "utilisation": "55.5",
        "kwh": "1200",
        "safety": "",
        "policies_explained": "稳岗返还",
        "suggestions": "",
        "next_contact_on": "",
        "next_contact_manner": "on_site",
        "appeals-TOTAL_FORMS": len(appeals),
        "appeals-INITIAL_FORMS": 0,
    }
    for index, appeal in enumerate(appeals):
        sent |= {f"appeals-{index}-{name}": value for name, value in appeal.items()}
    made = {name: value() if callable(value) else value for name, value in (sent | fields).items()}
    return {name: str(value) for name, value in made.items() if value is not None}


def raised(title: str = "冷库用电负荷不足", **fields: Any) -> dict[str, Any]:
    """One appeal of the form."""
    category = Category.objects.order_by("position").first()
    assert category
    values = {
        "title": title,
        "category": category.pk,
        "urgency": "ordinary",
        "nature": "difficulty",
        "description": "冷库扩容后用电负荷不足，望尽快增容。",
    }
    return values | fields


def draft_url(client_id: object) -> str:
    return f"{reverse('visits:new')}?draft={client_id}"


def day(offset: int = 0) -> date:
    return timezone.localdate() + timedelta(days=offset)


def visit(team: Team, **fields) -> Visit:
    """A stored visit, without the form."""
    number = Visit.objects.count() + 1
    values = {
        "client_id": uuid4(),
        "number": f"ZF99010220261118{number:04d}",
        "cadre": team.specialist,
        "entered_by": team.specialist,
        "enterprise": team.enterprise,
        "region_path": team.enterprise.region_path,
        "visited_on": day(),
        "begun_at": timezone.now(),
        "logged_at": timezone.now(),
    }
    return Visit.objects.create(**(values | fields))


def queries_of(client: Client, path: str) -> int:
    """How many queries a page takes, once what is remembered is remembered."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
