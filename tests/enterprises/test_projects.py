"""Key projects (重点工程): what is known of them alone, in form, list, page, history and import."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cadres.models import Department, Region
from cadres.roles import Role
from enterprises.models import Enterprise
from reports.models import ImportJob
from tests import factories
from tests.reports.workbooks import book, import_file, import_rows, table

pytestmark = pytest.mark.django_db

FACTS = {
    "project_code": "2601-990102-04-01-470137",
    "project_level": "province",
    "construction": "new",
    "stage": "signed",
}
KIND = ImportJob.Kind.ENTERPRISES


@pytest.fixture
def north() -> Region:
    return factories.district(2, "北区")


@pytest.fixture
def housing(north: Region) -> Department:
    unit: Department = factories.DepartmentFactory.create(name="北区住建局", region=north)
    return unit


@pytest.fixture
def client(signed_in, north):
    return signed_in(factories.cadre(Role.OFFICE, region=north))


def filled(north: Region, **fields: Any) -> dict[str, Any]:
    values = {"kind": "project", "name": "云台抽水蓄能电站", "region": north.code, "state": "operating"}
    return values | {"category": "project"} | fields


def project(region: Region, **fields: Any) -> Enterprise:
    row: Enterprise = factories.EnterpriseFactory.create(kind="project", region=region, **(FACTS | fields))
    return row


def imported(number: int, region: Region, **values: Any) -> dict[str, Any]:
    return {
        "企业名称": f"第{number}号工程",
        "统一社会信用代码": "",
        "主体类型": "重点工程",
        "区域代码": region.code,
        **values,
    }


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


# --- the form ---


def test_a_project_is_entered_with_all_its_facts_and_shows_them(client, north, housing):
    client.post("/enterprises/new/", filled(north, **FACTS, responsible=housing.pk))
    found = Enterprise.objects.get()
    assert {name: getattr(found, name) for name in FACTS} == FACTS
    assert found.responsible == housing
    page = text_of(client.get(found.get_absolute_url()))
    for words in (FACTS["project_code"], "省级", "新开工", "签约", "北区住建局"):
        assert words in page


def test_a_project_needs_none_of_its_facts(client, north):
    assert client.post("/enterprises/new/", filled(north)).status_code == 302
    assert Enterprise.objects.get().project_words == ""


@pytest.mark.parametrize("name", [*FACTS, "responsible"])
def test_what_is_only_of_projects_is_refused_for_others_and_kept_on_the_page(client, north, housing, name):
    typed = (FACTS | {"responsible": str(housing.pk)})[name]
    given = filled(north, kind="trader", **{name: typed})
    response = client.post("/enterprises/new/", given)
    assert response.status_code == 422
    assert "只有重点工程填写此项" in text_of(response)
    assert not Enterprise.objects.exists()


def test_the_page_of_another_kind_says_nothing_of_projects(client, north):
    assert "项目代码" not in text_of(client.get(factories.EnterpriseFactory.create(region=north).get_absolute_url()))


def test_the_same_project_code_twice_is_refused_in_words(client, north):
    project(north)
    response = client.post("/enterprises/new/", filled(north, project_code=f" {FACTS['project_code']} "))
    assert "该项目代码已登记在另一个重点工程名下" in text_of(response)
    assert Enterprise.objects.count() == 1


def test_a_department_that_ended_is_offered_only_where_it_is_responsible(client, north, housing):
    Department.objects.filter(pk=housing.pk).update(valid_until="2026-01-01")
    mine, other = project(north, responsible=housing), project(north, project_code="")
    choice = f'<option value="{housing.pk}"'
    assert choice in text_of(client.get(f"/enterprises/{mine.pk}/edit/"))
    assert choice not in text_of(client.get(f"/enterprises/{other.pk}/edit/"))


def test_an_edit_stands_in_the_history_in_words(client, north, housing):
    row = project(north)
    form = client.get(f"/enterprises/{row.pk}/edit/").context["form"]
    sent = {**filled(north, name=row.name, credit_code=row.credit_code, **FACTS), "seen": form["seen"].value()}
    client.post(f"/enterprises/{row.pk}/edit/", sent | {"stage": "started", "responsible": housing.pk})
    shown = text_of(client.get(f"/enterprises/{row.pk}/edit/"))
    assert "项目阶段" in shown
    lines = [line for change in client.get(f"/enterprises/{row.pk}/edit/").context["changes"] for line in change.lines]
    assert {(line.label, line.before, line.after) for line in lines} >= {
        ("项目阶段", "签约", "开工"),
        ("责任部门", "空", "北区住建局"),
    }


# --- the database ---


@pytest.mark.parametrize("facts", [{name: value} for name, value in FACTS.items()])
def test_the_database_refuses_facts_of_projects_for_others(north, facts):
    row = factories.EnterpriseFactory.create(region=north)
    with pytest.raises(IntegrityError, match="only_of_projects"), transaction.atomic():
        Enterprise.objects.filter(pk=row.pk).update(**facts)


# --- the list ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=project", {"甲", "乙"}),
        ("stage=signed", {"甲"}),
        ("project_level=city", {"乙"}),
        ("construction=continued", {"乙"}),
        ("lead={housing}", {"甲"}),
    ],
)
def test_each_filter_narrows_the_list(client, north, housing, query, expected):
    project(north, name="甲", responsible=housing)
    later = {"project_code": "", "project_level": "city", "construction": "continued", "stage": "started"}
    project(north, name="乙", **later)
    factories.EnterpriseFactory.create(name="丙", region=north)
    response = client.get(f"/enterprises/?{query.format(housing=housing.pk)}")
    assert {row.name for row in response.context["listing"].rows} == expected


def test_a_department_responsible_for_nothing_that_is_seen_is_no_choice(client, north):
    south = factories.district(3, "南区")
    unit = factories.DepartmentFactory.create(region=south)
    project(south, responsible=unit)
    response = client.get(f"/enterprises/?lead={unit.pk}")
    assert response.context["listing"].rows == []
    assert "责任部门" in text_of(response)


def test_the_list_asks_as_few_questions_for_twenty_projects_as_for_two(
    client, north, housing, django_assert_num_queries
):
    for number in range(2):
        project(north, project_code=str(number), responsible=housing)
    client.get("/enterprises/?kind=project")
    with CaptureQueriesContext(connection) as two:
        client.get("/enterprises/?kind=project")
    for number in range(2, 20):
        project(north, project_code=str(number), responsible=housing)
    with django_assert_num_queries(len(two)):
        client.get("/enterprises/?kind=project")


def test_the_responsible_department_sees_its_projects_and_no_others(signed_in, north, housing):
    mine, other = project(north, responsible=housing), project(north, project_code="")
    browser = signed_in(factories.cadre(Role.HANDLER, department=housing))
    assert browser.get(mine.get_absolute_url()).status_code == 200
    assert browser.get(other.get_absolute_url()).status_code == 404


# --- the import ---


WHOLE = {
    "项目代码": "2601-990102-04-01-470137",
    "项目级别": "市级",
    "建设性质": "续建",
    "项目阶段": "竣工",
    "责任部门": "住建局",
}


def test_the_columns_come_in_and_again_change_nothing(tmp_path: Path, north, housing):
    given = imported(1, north, **WHOLE)
    report, faults = import_rows(KIND, tmp_path, given)
    assert (str(report), faults) == ("新增 1，更新 0，未变 0，错误 0", [])
    found = Enterprise.objects.get()
    assert (found.project_code, found.project_level, found.construction, found.stage, found.responsible) == (
        "2601-990102-04-01-470137", "city", "continued", "completed", housing,
    )  # fmt: skip
    assert str(import_rows(KIND, tmp_path, given)[0]) == "新增 0，更新 0，未变 1，错误 0"


def test_a_file_without_these_columns_leaves_what_is_stored(tmp_path: Path, north):
    names, *rows = table(KIND, imported(1, north, 项目代码="A", 项目阶段="签约"))
    import_file(KIND, book(tmp_path / "whole.xlsx", [names, *rows]))
    place = names.index("项目代码")
    short = book(tmp_path / "short.xlsx", [row[:place] for row in (names, *rows)])
    report, _ = import_file(KIND, short)
    assert (str(report), report.remarks) == ("新增 0，更新 0，未变 1，错误 0", [])
    assert Enterprise.objects.get().stage == "signed"


def test_a_row_that_is_a_project_no_more_loses_what_was_of_projects(tmp_path: Path, north, housing):
    import_rows(KIND, tmp_path, imported(1, north, **WHOLE))
    report, _ = import_rows(KIND, tmp_path, imported(1, north, 主体类型="个体工商户"))
    assert str(report) == "新增 0，更新 1，未变 0，错误 0"
    found = Enterprise.objects.get()
    assert (found.kind, found.project_code, found.stage, found.responsible) == ("trader", "", "", None)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (
            {"主体类型": "个体工商户", "项目阶段": "签约"},
            "第 2 行 项目阶段：只有重点工程填写此列，请清空，或核对主体类型",
        ),
        ({"项目级别": "国家级"}, "第 2 行 项目级别：“国家级”不是可选的值，应为：省级、市级"),
        ({"责任部门": "航天局"}, "第 2 行 责任部门：澜川市没有名为“航天局”的单位，请核对，或先导入单位"),
        ({"项目代码": "9" * 41}, "第 2 行 项目代码：超过 40 个字（现为 41 个），请核对"),
        ({"项目代码": "占用"}, "第 2 行 项目代码：项目代码 占用 已登记在另一个重点工程名下，请核对"),
    ],
)
def test_what_is_wrong_is_said_with_its_row_and_column(tmp_path: Path, north, values, fault):
    project(north, project_code="占用")
    report, faults = import_rows(KIND, tmp_path, imported(1, north, **values))
    assert (str(report), [str(one) for one in faults]) == ("新增 0，更新 0，未变 0，错误 1", [fault])


def test_the_same_project_code_twice_in_a_file_is_refused(tmp_path: Path, north):
    rows = [imported(number, north, 项目代码="A-1") for number in (1, 2)]
    report, faults = import_rows(KIND, tmp_path, *rows)
    assert str(report) == "新增 1，更新 0，未变 0，错误 1"
    assert [str(one) for one in faults] == ["第 3 行 项目代码：项目代码 A-1 与第 2 行重复"]
