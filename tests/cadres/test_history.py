"""The history of what people edit: complete whoever writes, told in words, and never changed afterwards."""

from __future__ import annotations

from typing import Any

import pghistory
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, InternalError, connection, transaction

from appeals.models import Limit, ReplyTerm
from cadres import changes, history
from cadres.models import Cadre, Department, Region
from cadres.roles import Role
from config.history import of_command
from enterprises.models import Enterprise
from tests import factories
from workflow.models import Holiday, Rung

pytestmark = pytest.mark.django_db


def test_a_bulk_update_is_told_row_by_row_from_what_to_what() -> None:
    one, two = factories.district(2, "甲区"), factories.district(3, "乙区")
    Region.objects.filter(pk__in=[one.pk, two.pk]).update(name="丙<区>=𠮷'")
    assert [(c.title, [tuple(line) for line in c.lines]) for c in changes.of_row(one)][:1] == [
        ("修改", [("名称", "甲区", "丙<区>=𠮷'")])
    ]
    assert changes.of_row(two)[0].lines == [("名称", "乙区", "丙<区>=𠮷'")]
    assert changes.of_row(two)[-1].title == "新增"


def test_each_of_several_changes_has_its_own_before_and_after() -> None:
    unit = factories.DepartmentFactory.create(name="甲局")
    for name in ("乙局", "丙局"):
        Department.objects.filter(pk=unit.pk).update(name=name)
    assert [c.lines for c in changes.of_row(unit)] == [[("名称", "乙局", "丙局")], [("名称", "甲局", "乙局")], []]


def test_keys_choices_and_booleans_are_told_in_words() -> None:
    person = factories.cadre(Role.HANDLER, name="李明")
    unit = factories.DepartmentFactory.create(name="甲局")
    Department.objects.filter(pk=unit.pk).update(handles_appeals=False, leader_in_charge=person)
    assert changes.of_row(unit)[0].lines == [("分管领导", "空", "李明"), ("承办诉求", "是", "否")]
    rung = Rung.objects.filter(trigger="overdue", critical=False, level=1).get()
    Rung.objects.filter(pk=rung.pk).update(audience=["office"])
    assert changes.of_row(rung)[0].lines == [("通知对象", "承办人、部门负责人", "办公室")]


def test_a_password_is_in_no_history() -> None:
    person = factories.cadre(Role.HANDLER)
    before = len(changes.of_row(person))
    person.set_password("never-to-be-seen-2026")
    person.save()
    assert len(changes.of_row(person)) == before
    columns = {one.name for one in changes.events_of(Cadre).model._meta.fields}
    assert not columns & {"password", "last_login"}


def test_roles_are_part_of_the_cadres_history() -> None:
    person = factories.cadre(Role.HANDLER)
    person.groups.set(Group.objects.filter(name=Role.HEAD))
    first = changes.of_row(person)[0]
    assert {("角色", None, "部门负责人"), ("角色", "承办人", "空")} <= {tuple(line) for line in first.lines}


def test_who_did_it_is_told_for_requests_jobs_and_commands() -> None:
    city, person = factories.city(), factories.cadre(Role.OFFICE, name="李明")
    acts = (
        (of_command(["manage.py", "migrate"]), "系统"),
        (pghistory.context(name="王芳", cadre=1), "王芳"),
        (of_command(["manage.py", "import_workbook"]), "命令 import_workbook"),
        (history.acting_for(person, "导入"), "李明（导入）"),
    )
    for number, (context, who) in enumerate(acts):
        with context:
            Region.objects.filter(pk=city.pk).update(name=f"城{number}")
        assert changes.of_row(city)[0].who == who


def test_a_job_for_somebody_inside_a_task_gives_the_name_back() -> None:
    person = factories.cadre(Role.OFFICE, name="李明")
    with pghistory.context(via="后台任务 x") as context:
        with history.acting_for(person, "导入"):
            assert context.metadata["name"] == "李明"
        assert context.metadata == {"via": "后台任务 x"}


@pytest.mark.parametrize("statement", ["UPDATE cadres_regionevent SET name = 'x'", "DELETE FROM cadres_regionevent"])
def test_history_is_append_only(statement: str) -> None:
    factories.city()
    with (
        pytest.raises((IntegrityError, InternalError), match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_deleted_row_is_still_told_of() -> None:
    Holiday.objects.create(day="2031-06-01", kind="rest", name="试验日")
    Holiday.objects.filter(day="2031-06-01").delete()
    told = changes.of_table(Holiday, shown=2)
    assert [(c.title, c.subject) for c in told] == [("删除", "2031-06-01 试验日"), ("新增", "2031-06-01 试验日")]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"settle_amount": 240, "settle_unit": "clock"}, ("办结时限", "10 个工作日", "4 小时（自然时间）")),
        ({"sign_unit": "clock"}, ("签收时限", "1 个工作日", "1 分钟（自然时间）")),
    ],
)
def test_an_amount_is_told_with_its_unit(values: dict[str, Any], line: tuple[str, ...]) -> None:
    Limit.objects.filter(urgency="ordinary", region=None).update(sign_amount=1, sign_unit="days", settle_amount=10)
    Limit.objects.filter(urgency="ordinary", region=None).update(**values)
    (told,) = changes.of_table(Limit, shown=1)
    assert told.lines == [line]


def test_a_rung_and_a_term_tell_their_amounts_too() -> None:
    for model in (Rung, ReplyTerm):
        row = model.objects.exclude(amount=0).first()
        assert row
        model.objects.filter(pk=row.pk).update(amount=90, unit="minutes")
        (told,) = changes.of_table(model, shown=1)
        assert [(line.label, line.after) for line in told.lines] == [
            (str(model._meta.get_field("amount").verbose_name), "1 小时 30 分钟（工作时间）")
        ]


def test_personal_data_is_masked_in_the_history_too() -> None:
    enterprise = factories.EnterpriseFactory.create(legal_representative="欧阳明")
    Enterprise.objects.filter(pk=enterprise.pk).update(legal_representative="王小芳")
    (line,) = changes.of_row(enterprise)[0].lines
    assert (line.label, line.before, line.after) == ("法定代表人", "欧*", "王*")


def test_what_sweeps_write_is_no_edit() -> None:
    enterprise = factories.EnterpriseFactory.create()
    Enterprise.objects.filter(pk=enterprise.pk).update(last_contact_on="2026-11-18")
    assert [c.title for c in changes.of_row(enterprise)] == ["新增"]


def test_bulk_writes_inside_a_context_work() -> None:
    place = factories.city()
    with pghistory.context(name="王芳"):
        Region.objects.bulk_create(
            [
                Region(code=f"9901{n:02d}000000", name=f"区{n}", kind="district", parent=place, path=f"x{n}/")
                for n in range(10, 20)
            ]
        )
        rows = list(Region.objects.filter(name__startswith="区"))
        for row in rows:
            row.name = f"新{row.name}"
        Region.objects.bulk_update(rows, ["name"])
    assert {c.who for row in rows for c in changes.of_row(row)} == {"王芳"}


def test_reading_takes_the_same_number_of_queries_for_two_changes_and_for_twenty(django_assert_num_queries) -> None:
    person = factories.cadre(Role.HANDLER)
    units = [factories.DepartmentFactory.create() for _ in range(20)]
    for unit in units[:2]:
        Cadre.objects.filter(pk=person.pk).update(department=unit)
    with django_assert_num_queries(5):
        changes.of_row(person)
    for unit in units:
        Cadre.objects.filter(pk=person.pk).update(department=unit)
    with django_assert_num_queries(5):
        changes.of_row(person)
