"""Regions come in as the statistical office publishes them, and a region that moves takes everything along."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

from cadres.models import Region
from cadres.roles import Role
from reports.imports.kinds.regions import KEPT
from reports.models import ImportJob
from tests.factories import EnterpriseFactory, appeal, cadre, city, district, town
from tests.reports.karamay import CITY, KARAMAY, REGIONS, TIANSHAN
from tests.reports.workbooks import import_file, import_rows

pytestmark = pytest.mark.django_db

KIND = ImportJob.Kind.REGIONS


def row(code: str, name: str, kind: str, parent: str = "") -> dict[str, str]:
    return {"代码": code, "名称": name, "类型": kind, "上级代码": parent}


def test_karamays_real_regions_come_in_as_they_are_and_again_change_nothing():
    report, faults = import_file(KIND, REGIONS)
    assert str(report) == "新增 24，更新 0，未变 0，错误 0"
    assert faults == []
    kinds = Region.objects.order_by().values_list("kind", flat=True)
    assert [list(kinds).count(kind) for kind in ("city", "district", "town")] == [1, 4, 19]
    assert Region.objects.get(code=TIANSHAN).path == f"{CITY}/{KARAMAY}/{TIANSHAN}/"
    assert str(import_file(KIND, REGIONS)[0]) == "新增 0，更新 0，未变 24，错误 0"


def test_a_dry_run_writes_nothing(django_assert_num_queries):
    with django_assert_num_queries(3):  # the savepoint of the run, and the regions that are known
        report, _ = import_file(KIND, REGIONS, commit=False)
    assert report.added == 24
    assert not Region.objects.exists()


def test_the_regions_of_a_file_are_written_with_a_few_statements(django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        import_file(KIND, REGIONS)


def test_chinese_headers_and_kinds_with_parents_further_down(tmp_path: Path):
    report, faults = import_rows(
        KIND,
        tmp_path,
        row("990102001001", "向阳社区", "村社", "990102001000"),
        row("990102001000", "城东街道", "镇街", "990102000000"),
        row("９９０１02000000", " 澜北区 ", "区县", "990100000000"),
        row("990191000000", "高新园区", "园区", "990100000000"),
        row("990100000000", "澜川市", "市"),
    )
    assert (str(report), faults) == ("新增 5，更新 0，未变 0，错误 0", [])
    assert Region.objects.get(name="向阳社区").path == "990100000000/990102000000/990102001000/990102001001/"
    assert Region.objects.get(code="990102000000").name == "澜北区"


def test_every_fault_is_told_and_the_good_rows_come_in(tmp_path: Path):
    report, faults = import_rows(
        KIND,
        tmp_path,
        row("990100000000", "澜川市", "市"),
        row("9901020000", "澜北区", "区县", "990100000000"),
        row("990103000000", "澜南区", "地级市", "990100000000"),
        row("990104000000", "澜东区", "区县", "990199000000"),
        row("990105000000", "澜西区", "区县"),
        row("990105001000", "河西街道", "镇街", "990105000000"),
        row("990106000000", "", "区县", "990100000000"),
        row("990107000000", "澜中区", "区县", "990100000000"),
        row("990107000000", "澜中区", "区县", "990100000000"),
        row("990107002000", "湖心街道", "镇街", "990107002000"),
        row("990108000000", "澜海市", "市", "990100000000"),
    )
    assert str(report) == "新增 2，更新 0，未变 0，错误 9"
    assert faults == [
        "第 3 行 代码：“9901020000”不是区域代码，应为 12 位数字（统计用区划代码）",
        "第 4 行 类型：“地级市”不是可选的值，应为：市、区县、园区、镇街、村社",
        "第 5 行 上级代码：没有代码为 990199000000 的区域，系统里和本表里都没有",
        "第 6 行 上级代码：区县必须填写上级代码，只有市没有上级",
        "第 7 行 上级代码：上级 990105000000（第 6 行）有错误，改好后才能导入本行",
        "第 8 行 名称：必须填写",
        "第 10 行 代码：代码 990107000000 与第 9 行重复",
        "第 11 行 上级代码：990107002000 不是比镇街更高一级的区域",
        "第 12 行 上级代码：市没有上级，请留空",
    ]
    assert set(Region.objects.values_list("name", flat=True)) == {"澜川市", "澜中区"}


def test_a_region_that_moves_takes_its_towns_enterprises_and_appeals_along(tmp_path: Path):
    old, new = district(2, "澜北区"), district(3, "澜南区")
    street = town(old, 1)
    enterprise = EnterpriseFactory.create(region=street)
    case = appeal(enterprise)
    report, faults = import_rows(KIND, tmp_path, row(street.code, street.name, "镇街", new.code))
    assert (str(report), faults) == ("新增 0，更新 1，未变 0，错误 0", [])
    assert report.previewed[0]["lines"] == [f"上级代码：{old.code} → {new.code}"]
    path = f"{city().code}/{new.code}/{street.code}/"
    for row_ in (street, enterprise, case):
        row_.refresh_from_db()
    assert (street.path, enterprise.region_path, case.region_path) == (path, path, path)


def test_every_table_that_keeps_a_path_follows_a_move():
    keeping = {model._meta.db_table for model in apps.get_models() if hasattr(model, "region_path")}
    assert keeping == set(KEPT)


def test_an_office_writes_only_in_its_own_region(tmp_path: Path):
    home, other = district(2, "澜北区"), district(3, "澜南区")
    office = cadre(Role.OFFICE, region=home)
    report, faults = import_rows(
        KIND,
        tmp_path,
        row(home.code, "澜北新区", "区县", city().code),
        row("990102009000", "城北街道", "镇街", home.code),
        row("990103009000", "城南街道", "镇街", other.code),
        row(other.code, "澜南新区", "区县", city().code),
        row("990200000000", "别的市", "市"),
        row(city().code, city().name, "市"),
        by=office,
    )
    assert str(report) == "新增 1，更新 1，未变 1，错误 3"
    assert [fault.partition("：")[0] for fault in faults] == ["第 4 行 代码", "第 5 行 代码", "第 6 行 代码"]
    assert Region.objects.get(code=other.code).name == "澜南区"


def test_a_region_with_regions_below_keeps_its_kind(tmp_path: Path):
    home = district(2, "澜北区")
    town(home)
    _, faults = import_rows(KIND, tmp_path, row(home.code, home.name, "园区", city().code))
    assert faults == ["第 2 行 类型：澜北区已有下级区域，类型不能改（现为区县）"]


def test_nothing_new_comes_below_a_region_out_of_use(tmp_path: Path):
    closed = district(3)
    known = town(closed)
    Region.objects.filter(pk=closed.pk).update(active=False)
    new = f"{closed.code[:6]}099000"
    _, faults = import_rows(
        KIND, tmp_path, row(known.code, "改名街道", "镇街", closed.code), row(new, "新街道", "镇街", closed.code)
    )
    assert faults == [f"第 3 行 上级代码：{closed.name}已停用，不能再用于新的登记，请改为启用中的区县"]
    known.refresh_from_db()
    assert (known.name, Region.objects.filter(code=new).exists()) == ("改名街道", False)
