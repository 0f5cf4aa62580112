"""Open cases of a paper ledger: each begins as 待受理 with its own day and number, and nothing is invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from appeals.models import Appeal, Event, Round
from appeals.workflow import Status
from cadres.models import Outbox
from cadres.roles import Role
from reports.models import ImportJob
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import NOW, People
from tests.reports.karamay import at
from tests.reports.ledgers import make, rows
from tests.reports.workbooks import book, import_rows, table

pytestmark = pytest.mark.django_db

KIND = ImportJob.Kind.APPEALS


@pytest.fixture
def people() -> People:
    return People()


def row(people: People, **values: Any) -> dict[str, Any]:
    return {
        "编号": "澜助〔2026〕17号",
        "统一社会信用代码": people.enterprise.credit_code,
        "来源": "座谈会",
        "提出日期": "2026-10-08",
        "标题": "外地员工无法返岗",
        "描述": "外省46名钻修技工没有直达班车，无法按时返岗。",
        "类别": "用工社保",
        **values,
    }


HANDLED = {"状态": "办理中", "主办单位": "市人社局", "承办人": "赵明", "进展": "已联系客运公司", "研判": "个性"}


def test_a_case_begins_as_pending_with_its_day_its_number_and_the_papers_own_words(
    tmp_path: Path, people: People
) -> None:
    report, faults = import_rows(
        KIND, tmp_path, row(people, **HANDLED), row(people, 编号=None, 标题="断电"), by=people.office
    )
    assert (str(report), faults) == ("新增 2，更新 0，未变 0，错误 0", [])
    first, second = Appeal.objects.order_by("pk")
    assert (first.number, first.source, first.status, first.lead) == (
        "澜助〔2026〕17号",
        "meeting",
        Status.PENDING,
        None,
    )
    assert second.number == f"SQ{people.enterprise.region.short_code}202611180001"
    assert timezone.localdate(first.submitted_at) == date(2026, 10, 8)
    assert (first.status_since, first.created_at, first.registered_by) == (at(10), at(10), people.office)
    assert (first.due_at, Round.objects.count(), first.settled_at) == (None, 0, None)
    assert first.escalates_at
    assert first.escalates_at > at(10)  # nobody was late before it came here
    event = Event.objects.get(appeal=first)
    assert (event.step, event.cadre, event.at) == ("submit", people.office, at(10))
    assert event.note == (
        "纸质台账转入。原台账记载：研判 个性；主办单位 市人社局；承办人 赵明；状态 办理中；进展 已联系客运公司。"
    )
    assert not Outbox.objects.filter(subject__contains=first.title).exists()
    page = signed_in(people.office).get(first.get_absolute_url()).content.decode()
    assert "原台账记载：研判 个性；主办单位 市人社局" in page
    people.take(first, "assign", "office", NOW)
    assert first.status == Status.ASSIGNED


def test_the_same_file_again_changes_nothing_nor_does_the_ledger_that_was_exported(
    tmp_path: Path, people: People
) -> None:
    lines = [row(people), row(people, 编号=None, 标题="断电")]
    import_rows(KIND, tmp_path, *lines, by=people.office)
    people.take(Appeal.objects.earliest("pk"), "assign", "office", NOW)
    again, _ = import_rows(KIND, tmp_path, *lines, by=people.office)
    assert str(again) == "新增 0，更新 0，未变 2，错误 0"
    numbered = [row(people, 编号=one.number, 标题=one.title) for one in Appeal.objects.all()]
    with_numbers, _ = import_rows(KIND, tmp_path, *numbered, by=people.office)
    assert (str(with_numbers), Event.objects.count()) == ("新增 0，更新 0，未变 2，错误 0", 3)
    exported = rows(make("appeals", tmp_path, people.office)[1])
    assert {one["提出日期"] for one in exported} == {date(2026, 10, 8)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"状态": "已销号"}, "状态：“已销号”不是可选的值，应为：待受理"),
        ({"提出日期": "2026-11-19"}, "提出日期：不能晚于今天"),
        ({"描述": "太短"}, "描述：至少 10 个字，现为 2 个"),
        ({"标题": "长" * 41}, "标题：超过 40 个字"),
        ({"类别": "天气"}, "类别：“天气”不是可选的类别，应为：融资信贷"),
        ({"来源": None}, "来源：必须填写"),
        ({"编号": "SQ990102202611180001"}, "编号：SQ990102202611180001 是系统的编号，但系统里没有这件诉求"),
        ({"编号": "SQ9901022026111810000"}, "编号：SQ9901022026111810000 是系统的编号，但系统里没有这件诉求"),
    ],
)
def test_what_cannot_be_taken_over_is_said(
    tmp_path: Path, people: People, wrong: dict[str, Any], sentence: str
) -> None:
    report, faults = import_rows(KIND, tmp_path, row(people, **wrong), by=people.office)
    assert (report.faulty, Appeal.objects.count()) == (1, 0)
    assert f"第 2 行 {sentence}" in faults[0]


def test_a_number_that_another_case_has_and_a_case_that_stands_twice_are_refused(
    tmp_path: Path, people: People
) -> None:
    other = factories.EnterpriseFactory.create()
    import_rows(KIND, tmp_path, row(people), by=people.office)
    lines = [
        row(people, 标题="另一件事"),
        row(people, 编号=None, 标题="断电"),
        row(people, 编号=None, 标题="断电"),
        row(people, 编号="新1", 统一社会信用代码=other.credit_code),
    ]
    report, faults = import_rows(KIND, tmp_path, *lines, by=people.office)
    assert str(report) == "新增 2，更新 0，未变 0，错误 2"
    assert faults == [
        "第 2 行 编号：编号 澜助〔2026〕17号 已用于另一件诉求，请核对",
        "第 4 行 标题：与第 3 行是同一件诉求",
    ]


def test_somebody_must_stand_for_them_and_only_where_they_may(tmp_path: Path, people: People) -> None:
    path = book(tmp_path / "x.xlsx", table(KIND, row(people)))
    with pytest.raises(CommandError, match="请用 --as 指明"):
        call_command("import_workbook", "appeals", str(path), "--commit")
    report, faults = import_rows(KIND, tmp_path, row(people), by=people.stranger)
    assert (report.faulty, "你的管辖范围内没有" in faults[0]) == (1, True)
    call_command("import_workbook", "appeals", str(path), "--commit", "--as", people.office.username)
    assert Appeal.objects.get().registered_by == people.office


def test_odd_texts_stay_text(tmp_path: Path, people: People) -> None:
    odd = "<b>'=1+1𠮷</b>"
    import_rows(KIND, tmp_path, row(people, 编号=odd, 标题=odd, 备注=odd), by=people.office)
    appeal = Appeal.objects.get()
    assert (appeal.number, appeal.title) == (odd, odd)
    page = signed_in(people.office).get(appeal.get_absolute_url()).content.decode()
    assert "<b>'=1+1" not in page
    assert "&lt;b&gt;&#x27;=1+1𠮷" in page
    assert rows(make("appeals", tmp_path, people.office)[1])[0]["编号"] == odd


def test_a_thousand_take_as_many_queries_as_ten(tmp_path: Path, people: People, django_assert_max_num_queries) -> None:
    lines = [row(people, 编号=None, 标题=f"第{number}件") for number in range(300)]
    with django_assert_max_num_queries(30):
        report, _ = import_rows(KIND, tmp_path, *lines, by=people.office)
    assert report.added == 300
    assert Appeal.objects.filter(number__endswith="0300").exists()


def test_the_template_offers_the_categories(people: People) -> None:
    answer = signed_in(people.office).get(reverse("reports:import_template", args=("appeals",)))
    assert answer.status_code == 200
    handler = factories.cadre(Role.HANDLER)
    assert signed_in(handler).get(reverse("reports:import_template", args=("appeals",))).status_code == 403
