"""A department renamed: everything open reads the new name, everything that was said or signed keeps the old one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Message
from cadres.roles import Role
from cadres.tasks import deliver
from reports.models import Briefing
from reports.outputs import workbook
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import NOW, People
from tests.cadres.test_administration import typed
from tests.policies.people import item, policy
from tests.reports.bulletins import draft, sign
from tests.reports.karamay import at
from tests.reports.ledgers import make, rows
from tests.reports.workbooks import book, import_file, table

pytestmark = pytest.mark.django_db

OLD, NEW = "市人社局", "市人力资源和社会保障局"


def test_what_is_open_reads_the_new_name_and_what_was_said_and_signed_the_old_one(tmp_path: Path) -> None:
    people = People()
    appeal, other = people.at(Status.HANDLING), factories.DepartmentFactory.create(name="市交通局")
    people.take(appeal, "reassign", "supervisor", NOW, lead=other, note="改由市交通局办理")
    people.take(appeal, "reassign", "supervisor", NOW + timedelta(minutes=1), lead=people.department, note="退回原单位")
    appeal.escalations.create(trigger="overdue_long", round=1, level=4, due_at=at(9), at=at(9), listed=True)
    for late in (appeal.rounds, Appeal.objects.filter(pk=appeal.pk)):
        late.update(due_at=at(9) - timedelta(days=16))
    deliver()
    told = set(Message.objects.values_list("outbox__subject", "outbox__body"))
    signed = sign(draft(factories.city(), now=at(17)), people.office)
    printed, figures = workbook.of(signed), signed.figures
    assert OLD in str(figures)

    sysadmin = signed_in(factories.cadre(Role.SYSADMIN, region=factories.city()))
    url = reverse("cadres:department", args=(people.department.pk,))
    assert sysadmin.post(url, typed(sysadmin, url, name=NEW)).status_code == 302

    office = signed_in(people.office)
    for address in (reverse("appeals:list"), f"{reverse('appeals:list')}?lead={people.department.pk}"):
        page = office.get(address).content.decode()
        assert appeal.number in page
        assert NEW in page
    case = office.get(appeal.get_absolute_url()).content.decode()
    assert NEW in case
    assert f"{OLD} → 市交通局" in case
    assert rows(make("appeals", tmp_path, people.office)[1])[0]["主办单位"] == NEW
    assert set(Message.objects.values_list("outbox__subject", "outbox__body")) == told
    reprinted = Briefing.objects.get(pk=signed.pk)
    assert (workbook.of(reprinted), reprinted.figures) == (printed, figures)


def test_a_file_that_names_the_old_department_is_told_so_and_one_with_the_new_name_is_taken(tmp_path: Path) -> None:
    people = People()
    item(policy(), people.department)
    people.department.name = NEW
    people.department.save()
    line = {"政策名称": "稳岗返还", "文号": "澜人社发〔2026〕3号", "事项": "失业保险稳岗返还"}
    sheets = [book(tmp_path / f"{name}.xlsx", table("policies", {**line, "责任部门": name})) for name in (OLD, NEW)]
    refused, faults = import_file("policies", sheets[0], people.office)
    assert (refused.faulty, faults) == (1, [f"第 2 行 责任部门：澜川市没有名为“{OLD}”的单位，请核对，或先导入单位"])
    taken, faults = import_file("policies", sheets[1], people.office)
    assert (taken.faulty, faults) == (0, [])
