"""A name with <, ', = and 𠮷 through the whole chain: pages, ledgers, the bulletin and the search say it as it is."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from cadres.tasks import deliver
from policies.models import Policy
from reports.models import Briefing
from reports.outputs import workbook
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import People
from tests.policies import people as policy_people
from tests.reports.bulletins import draft, sign
from tests.reports.karamay import DAY, at
from tests.reports.ledgers import make

pytestmark = pytest.mark.django_db

NAME = "=<b>𠮷'祥\"&"
SHOWN = "=&lt;b&gt;𠮷&#x27;祥&quot;&amp;"


class Odd:
    """An enterprise, its team and office, its case, a policy and its row, all called so; and the signed bulletin."""

    def __init__(self) -> None:
        self.people = People()
        self.people.enterprise.name = NAME
        self.people.enterprise.save()
        Cadre.objects.update(name=NAME)
        self.office = Cadre.objects.get(pk=self.people.office.pk)
        self.appeal = self.people.at(Status.HANDLING, at(9, day=DAY - timedelta(days=1)))
        Appeal.objects.update(title=NAME)
        factories.status(self.people.enterprise, DAY, "none", remarks=NAME)
        self.policy = policy_people.policy(title=NAME)
        item = policy_people.item(self.policy, self.people.department, name=NAME)
        self.row = policy_people.registering.one(self.people.enterprise, item, "2026", by=self.office, now=at(9))
        for late in (self.appeal.rounds, Appeal.objects.filter(pk=self.appeal.pk)):
            late.update(due_at=at(9) - timedelta(days=16))
        self.appeal.escalations.create(trigger="overdue_long", round=1, level=4, due_at=at(9), at=at(9), listed=True)
        self.bulletin = sign(draft(factories.city()), self.office)


@pytest.fixture
def odd() -> Odd:
    return Odd()


def test_every_page_says_it_as_it_is(odd: Odd) -> None:
    """Paper is printed from these very pages."""
    deliver()
    pages = {
        reverse("enterprises:list"): odd.office,
        f"{reverse('enterprises:list')}?q=𠮷'": odd.office,
        odd.people.enterprise.get_absolute_url(): odd.office,
        reverse("enterprises:assignments"): odd.office,
        f"{reverse('enterprises:status')}?day={DAY}": odd.office,
        reverse("visits:timeline", args=(odd.people.enterprise.pk,)): odd.office,
        reverse("appeals:list"): odd.office,
        odd.appeal.get_absolute_url(): odd.office,
        reverse("appeals:escalations"): odd.people.supervisor,
        reverse("policies:list"): odd.office,
        odd.policy.get_absolute_url(): odd.office,
        reverse("policies:fulfilments") + "?status=": odd.office,
        reverse("policies:fulfilment", args=(odd.row.pk,)): odd.office,
        odd.bulletin.get_absolute_url(): odd.office,
        reverse("cadres:inbox"): odd.people.handler,
        reverse("cadres:cadres"): factories.cadre(Role.SYSADMIN, region=factories.city()),
        "/": odd.people.specialist,
    }
    for address, reader in pages.items():
        answer = signed_in(reader).get(address)
        page = answer.content.decode()
        assert (answer.status_code, "<b>𠮷" in page) == (200, False), address
        assert SHOWN in page, address


@pytest.mark.parametrize("kind", ["appeals", "fulfilments", "assignments", "operating-status"])
def test_every_ledger_holds_it_as_text(odd: Odd, tmp_path: Path, kind: str) -> None:
    query = {"operating-status": f"day={DAY}", "fulfilments": "status=unverified"}.get(kind, "")
    _, sheet = make(kind, tmp_path, odd.office, query)
    cells = [cell for row in sheet.iter_rows(min_row=4) for cell in row if cell.value == NAME]
    assert cells
    assert {(cell.data_type, cell.value) for cell in cells} == {("s", NAME)}


def test_the_bulletin_holds_it_as_text(odd: Odd) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.of(Briefing.objects.get(pk=odd.bulletin.pk))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if NAME in str(cell.value)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.value for cell in cells} >= {NAME}


def test_it_is_found_again(odd: Odd) -> None:
    for address in ("enterprises:list", "appeals:list"):
        page = signed_in(odd.office).get(reverse(address), {"q": "𠮷'祥"}).content.decode()
        assert SHOWN in page
    assert Policy.objects.search("𠮷'祥").get() == odd.policy
