"""Enterprises come in by the thousand: every good row in, every fault in words, and again nothing changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise
from enterprises.rules.credit_code import problem_with
from reports.models import ImportJob
from tests.factories import EnterpriseFactory, cadre, city, credit_code, district, town
from tests.reports.karamay import KARAMAY, REGIONS, park
from tests.reports.workbooks import book, comma_separated, import_file, import_rows, table

pytestmark = pytest.mark.django_db

KIND = ImportJob.Kind.ENTERPRISES
WRONG_CODE = "91990102MA7QY0017K"


def row(number: int, region: str, **values: Any) -> dict[str, Any]:
    """A good row; other columns by their headers."""
    return {
        "企业名称": f"克拉玛依第{number}钻修有限公司",
        "统一社会信用代码": credit_code(number),
        "主体类型": "企业",
        "区域代码": region,
        **values,
    }


FULL = {
    "地址": "友谊路 12 号",
    "行业代码": "B11",
    "行业分组": "油田技术服务",
    "统计类别": "规上工业",
    "重点名单": "重点工业、重点外贸",
    "法定代表人": "王晓敏",
    "联系人": "李强",
    "联系电话": "13800001234",
    "从业人数": 420,
    "营业收入(万元)": 25000.5,
    "资产总额(万元)": "30,000",
    "基准日用电(kWh)": 1234.567,
    "经营状态": "在营",
    "标签": "专精特新、规下转规上",
    "成立日期": date(2009, 3, 1),
    "电力户号": "650200001、650200002",
}


def test_every_column_comes_in_and_again_changes_nothing(tmp_path: Path):
    region, zone = district(), park(city())
    given = row(1, region.code, **FULL, 园区=zone.name)
    report, faults = import_rows(KIND, tmp_path, given)
    assert (str(report), faults, report.remarks) == ("新增 1，更新 0，未变 0，错误 0", [], [])
    found = Enterprise.objects.get()
    assert (found.name, found.credit_code, found.kind, found.region, found.park) == (
        "克拉玛依第1钻修有限公司", credit_code(1), "company", region, zone,
    )  # fmt: skip
    assert (found.region_path, found.initials) == (region.path, "klmyd1zxyxgs")
    assert (found.address, found.industry, found.industry_group) == ("友谊路 12 号", "B11", "油田技术服务")
    assert (found.category, found.key_lists, found.state) == ("industry_above", ["industry", "trade"], "operating")
    assert (found.size, found.size_entered) == ("medium", False)
    assert (found.headcount, found.revenue_wan, found.assets_wan) == (420, Decimal("25000.5"), Decimal(30000))
    assert found.baseline_kwh == Decimal("1234.57")
    assert (found.legal_representative, found.contact_name, found.contact_phone) == ("王晓敏", "李强", "13800001234")
    assert (found.tags, found.founded_on) == (["专精特新", "规下转规上"], date(2009, 3, 1))
    assert found.electricity_accounts == ["650200001", "650200002"]
    assert str(import_rows(KIND, tmp_path, given)[0]) == "新增 0，更新 0，未变 1，错误 0"
    found.refresh_from_db()
    assert found.version == 1


def test_an_update_says_what_it_replaces_and_counts_as_a_new_version(tmp_path: Path):
    home, street = district(), town(district())
    import_rows(KIND, tmp_path, row(1, home.code, **FULL))
    report, _ = import_rows(
        KIND,
        tmp_path,
        row(1, street.code, **(FULL | {"从业人数": 1200, "联系人": None, "规模": "小型", "经营状态": None})),
    )
    assert str(report) == "新增 0，更新 1，未变 0，错误 0"
    assert report.previewed[0]["lines"] == [
        f"区域代码：{home} → {street}",
        "联系人：李* → —",
        "从业人数：420 → 1200",
        "规模：中型（测算） → 小型",
    ]
    found = Enterprise.objects.get()
    assert (found.size, found.size_entered, found.version) == ("small", True, 2)
    assert (found.region_path, found.region_since) == (street.path, date(2026, 11, 18))
    moved = found.relocations.get()
    assert (moved.from_region, moved.to_region, moved.reason) == (home, street, "导入更新")
    assert (found.contact_name, found.state) == ("", "operating")


def test_columns_that_are_left_out_stay_as_they_are(tmp_path: Path):
    region = district()
    import_rows(KIND, tmp_path, row(1, region.code, **FULL, 规模="大型"))
    path = book(tmp_path / "short.xlsx", [list(row(1, region.code)), list(row(1, region.code).values())])
    report, faults = import_file(KIND, path)
    assert (str(report), faults) == ("新增 0，更新 0，未变 1，错误 0", [])
    assert report.remarks[0].startswith("表中没有这些列，原有内容保持不变：地址、行业代码、")
    assert Enterprise.objects.get().contact_phone == "13800001234"


def test_names_keep_their_characters_and_lose_stray_blanks(tmp_path: Path):
    region = district()
    names = {
        "\u3000澜川第１２３\u200b钻井（集团）公司  ": "澜川第123钻井（集团）公司",
        "<b>𠮷野家</b>'餐饮": "<b>𠮷野家</b>'餐饮",
        'O\'Reilly & "Söhne"': 'O\'Reilly & "Söhne"',
    }
    rows = [row(number, region.code) | {"企业名称": name} for number, name in enumerate(names)]
    path = book(tmp_path / "names.xlsx", table(KIND, *rows))
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.active
    sheet.append([None] * 20)
    cell = sheet.cell(row=5, column=1, value="=等号开头有限公司")
    cell.data_type = "s"
    for column, value in ((2, " ９１９９０102ma0000007x "), (3, "企业"), (4, region.code)):
        sheet.cell(row=5, column=column, value=value)
    code = credit_code(7)
    sheet.cell(
        row=5,
        column=2,
        value=f" {code[:2].translate(str.maketrans('0123456789', '０１２３４５６７８９'))}{code[2:].lower()} ",
    )
    workbook.save(path)
    report, faults = import_file(KIND, path)
    assert (report.added, faults) == (4, [])
    assert set(Enterprise.objects.values_list("name", flat=True)) == {*names.values(), "=等号开头有限公司"}
    assert Enterprise.objects.get(name="=等号开头有限公司").credit_code == code


def test_a_csv_in_gb18030_says_the_same_as_one_in_utf_8_with_a_mark(tmp_path: Path):
    region = district()
    lines = table(KIND, row(1, region.code, **FULL), row(2, region.code) | {"企业名称": "=𠮷<'有限公司"})
    gb = comma_separated(tmp_path / "gb.csv", lines, "gb18030")
    utf8 = comma_separated(tmp_path / "utf8.csv", lines, "utf-8-sig")
    plain = comma_separated(tmp_path / "plain.csv", lines, "utf-8")
    assert str(import_file(KIND, gb)[0]) == "新增 2，更新 0，未变 0，错误 0"
    assert str(import_file(KIND, utf8)[0]) == "新增 0，更新 0，未变 2，错误 0"
    assert str(import_file(KIND, plain)[0]) == "新增 0，更新 0，未变 2，错误 0"
    assert Enterprise.objects.filter(name="=𠮷<'有限公司").exists()


def test_every_fault_of_a_row_is_told_in_words(tmp_path: Path):
    region = district().code
    rows = [
        row(1, region, 统一社会信用代码=WRONG_CODE),
        row(2, "990199000000"),
        row(3, region),
        row(3, region),
        row(5, region, 从业人数="约120人", 企业名称=None),
        row(6, region, 企业名称="长" * 301),
        row(7, region, 主体类型="合伙"),
        row(8, region, 企业名称="=A2"),
        row(9, region, 统一社会信用代码=None),
        row(10, region, 行业代码="C99"),
        row(11, region, 从业人数=-3, 成立日期="去年", 重点名单="重点教育", 标签="字" * 21),
        row(12, region, 统一社会信用代码="91990102MA7QY0017"),
        row(13, "990102"),
        row(14, park(city()).code),
        row(15, region, 从业人数=3.5, 园区="没有的园区"),
        row(16, region, 地址="路" * 900),
    ]
    report, faults = import_rows(KIND, tmp_path, *rows)
    assert str(report) == "新增 1，更新 0，未变 0，错误 15"
    assert faults == [
        "第 2 行 统一社会信用代码：统一社会信用代码校验不符：按前17位末位应为“J”，现为“K”，请对照营业执照逐位核对",
        "第 3 行 区域代码：没有代码为 990199000000 的区域，请核对，或先导入区域",
        f"第 5 行 统一社会信用代码：信用代码 {credit_code(3)} 与第 4 行重复",
        "第 6 行 企业名称：必须填写",
        "第 6 行 从业人数：“约120人”不是数字",
        "第 7 行 企业名称：超过 300 个字（现为 301 个），请缩短",
        "第 8 行 主体类型：“合伙”不是可选的值，应为：企业、个体工商户、农业经营主体、重点工程",
        "第 9 行 企业名称：单元格是公式，请粘贴为数值",
        "第 10 行 统一社会信用代码：企业必须填写（只有个体工商户和重点工程可以不填）",
        "第 11 行 行业代码：行业代码“C99”的大类 99 不在 GB/T 4754-2017 中，请核对",
        "第 12 行 重点名单：“重点教育”不是可选的值，应为：重点农业、重点工业、重点物流、重点外贸、重点工程",
        "第 12 行 从业人数：不能是负数，现为 -3",
        f"第 12 行 标签：“{'字' * 21}”超过 20 个字，请缩短",
        "第 12 行 成立日期：“去年”不是日期，应写成 2026-11-20 的样子",
        "第 13 行 统一社会信用代码：统一社会信用代码应为18位，现为17位，请补全或删去多余字符",
        "第 14 行 区域代码：“990102”不是区域代码，应为 12 位数字（统计用区划代码）",
        "第 15 行 区域代码：石油化工园区是园区，请填所在的区县或镇街，园区填在“园区”列",
        "第 16 行 从业人数：“3.5”不是整数",
        "第 16 行 园区：没有名称或代码为“没有的园区”的园区",
        "第 17 行 地址：内容过长（900 个字），请缩短",
    ]
    assert Enterprise.objects.get().credit_code == credit_code(3)


def test_cells_that_only_look_like_values_are_refused(tmp_path: Path):
    path = book(tmp_path / "cells.xlsx", table(KIND, *(row(number, district().code) for number in range(4))))
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.active
    sheet["N2"] = "#N/A"
    sheet["N2"].data_type = "e"
    sheet["B3"] = 919901020000000123
    sheet["E4"] = "友谊路"
    sheet.merge_cells("E4:E5")
    workbook.save(path)
    report, faults = import_file(KIND, path)
    assert str(report) == "新增 1，更新 0，未变 0，错误 3"
    assert faults == [
        "第 2 行 从业人数：单元格是错误值（如 #N/A），请改为正确的值",
        "第 3 行 统一社会信用代码：数字超过 15 位，Excel 已丢失末位，请把单元格设为文本后重新填写",
        "第 5 行 地址：单元格被合并，请取消合并后填写",
    ]


def test_a_trader_without_a_code_is_known_by_name_and_region_and_may_get_its_code_later(tmp_path: Path):
    region = district().code
    without = row(1, region, 主体类型="个体工商户", 统一社会信用代码=None)
    with_code = row(1, region, 主体类型="个体工商户")
    assert str(import_rows(KIND, tmp_path, without)[0]) == "新增 1，更新 0，未变 0，错误 0"
    assert str(import_rows(KIND, tmp_path, without)[0]) == "新增 0，更新 0，未变 1，错误 0"
    assert str(import_rows(KIND, tmp_path, with_code)[0]) == "新增 0，更新 1，未变 0，错误 0"
    assert str(import_rows(KIND, tmp_path, without)[0]) == "新增 0，更新 0，未变 1，错误 0"
    assert Enterprise.objects.get().credit_code == credit_code(1)
    _, faults = import_rows(KIND, tmp_path, with_code, without)
    assert faults == [f"第 3 行 企业名称：与第 2 行是同一家企业（{without['企业名称']}）"]


def test_namesakes_without_codes_are_told_apart_or_refused(tmp_path: Path):
    region = district().code
    first, second = row(1, region), row(2, region) | {"企业名称": row(1, region)["企业名称"]}
    trader = first | {"主体类型": "个体工商户", "统一社会信用代码": None}
    report, faults = import_rows(KIND, tmp_path, first, second, trader)
    assert report.added == 2
    assert faults == ["第 4 行 企业名称：与第 2 行的企业同名、同区域，又有一行没有信用代码，分不清是不是同一家"]
    _, faults = import_rows(KIND, tmp_path, trader)
    assert faults == ["第 2 行 统一社会信用代码：第2区有 2 家同名企业，请填写统一社会信用代码"]


def test_a_code_that_was_recorded_as_an_exception_is_taken(tmp_path: Path):
    region = district()
    EnterpriseFactory.create(name="老厂", credit_code=WRONG_CODE, code_exception="1998 年登记，省局确认", region=region)
    given = row(1, region.code, 统一社会信用代码=WRONG_CODE) | {"企业名称": "老厂", "统计类别": "规上工业"}
    assert str(import_rows(KIND, tmp_path, given)[0]) == "新增 0，更新 0，未变 1，错误 0"


def test_an_office_imports_only_in_its_region(tmp_path: Path):
    home, other = district(2), district(3)
    office = cadre(Role.OFFICE, region=home)
    EnterpriseFactory.create(credit_code=credit_code(3), region=other, name="外区企业")
    report, faults = import_rows(
        KIND, tmp_path, row(1, home.code), row(2, other.code), row(3, home.code), row(4, town(home).code), by=office
    )
    assert str(report) == "新增 2，更新 0，未变 0，错误 2"
    assert faults == [
        "第 3 行 区域代码：第3区不在你的管辖范围内，不能导入",
        "第 4 行 统一社会信用代码：该企业已登记在别的区域，不在你的管辖范围内，不能导入",
    ]
    assert Enterprise.objects.get(credit_code=credit_code(3)).name == "外区企业"


def test_a_region_or_park_out_of_use_takes_nobody_new_and_keeps_whom_it_has(tmp_path: Path):
    region, closed = town(district(2)), town(district(3))
    zone, shut = park(city()), park(city(), "老园区", 92)
    kept = EnterpriseFactory.create(
        credit_code=credit_code(1), name="克拉玛依第1钻修有限公司", region=closed, park=shut
    )
    Region.objects.filter(pk__in=(closed.pk, shut.pk)).update(active=False)
    report, faults = import_rows(
        KIND,
        tmp_path,
        row(1, closed.code, 园区="老园区", 地址="新路 1 号"),
        row(2, closed.code, 园区=zone.name),
        row(3, region.code, 园区="老园区"),
        row(4, closed.code, 统一社会信用代码="不是代码", 园区="老园区"),
        row(5, region.code, 园区=zone.name),
    )
    assert faults == [
        f"第 3 行 区域代码：{closed.name}已停用，不能再用于新的登记，请改为启用中的镇街",
        "第 4 行 园区：老园区已停用，不能再用于新的登记，请改为启用中的园区",
        f"第 5 行 统一社会信用代码：{problem_with('不是代码').rstrip('。')}",
        f"第 5 行 区域代码：{closed.name}已停用，不能再用于新的登记，请改为启用中的镇街",
        "第 5 行 园区：老园区已停用，不能再用于新的登记，请改为启用中的园区",
    ]
    assert str(report) == "新增 1，更新 1，未变 0，错误 3"
    kept.refresh_from_db()
    assert (kept.address, kept.region, kept.park) == ("新路 1 号", closed, shut)


def test_a_specialist_imports_nothing_anywhere(tmp_path: Path):
    home = district(2)
    report, _ = import_rows(KIND, tmp_path, row(1, home.code), by=cadre(Role.SPECIALIST, region=home))
    assert str(report) == "新增 0，更新 0，未变 0，错误 1"


def faulty_rows(number: int, region: str) -> list[dict[str, Any]]:
    """Eight rows that are wrong, each in its own way; the fourth repeats the code of row 1."""
    return [
        row(number, region, 统一社会信用代码=WRONG_CODE),
        row(number + 1, "990199000000"),
        row(1, region),
        row(number + 2, region, 从业人数="三百人"),
        row(number + 3, region, 企业名称=None),
        row(number + 4, region, 企业名称="长" * 301),
        row(number + 5, region, 主体类型="合作社"),
        row(number + 6, region) | {"营业收入(万元)": "=SUM(1,2)"},
    ]


@pytest.mark.slow
def test_five_thousand_real_rows_come_in_but_for_the_faulty_ones(tmp_path: Path):
    """About one row in a hundred is faulty; statements grow with batches of a thousand rows, not with rows."""
    import_file(ImportJob.Kind.REGIONS, REGIONS)
    regions = list(Region.objects.filter(kind="town").values_list("code", flat=True))
    rows = [row(number, regions[number % len(regions)], **FULL) for number in range(1, 4_953)]
    rows += [bad for block in range(6) for bad in faulty_rows(90_000 + 10 * block, KARAMAY)]
    path = book(tmp_path / "企业.xlsx", table(KIND, *rows))
    with CaptureQueriesContext(connection) as first:
        report, faults = import_file(KIND, path)
    assert str(report) == "新增 4952，更新 0，未变 0，错误 48"
    assert len(faults) == 48
    assert {fault.split("：", 1)[1] for fault in faults[:8]} == {
        "统一社会信用代码校验不符：按前17位末位应为“J”，现为“K”，请对照营业执照逐位核对",
        "没有代码为 990199000000 的区域，请核对，或先导入区域",
        f"信用代码 {credit_code(1)} 与第 2 行重复",
        "“三百人”不是数字",
        "必须填写",
        "超过 300 个字（现为 301 个），请缩短",
        "“合作社”不是可选的值，应为：企业、个体工商户、农业经营主体、重点工程",
        "单元格是公式，请粘贴为数值",
    }
    assert [int(fault.split()[1]) for fault in faults] == list(range(4_954, 5_002))
    assert Enterprise.objects.count() == 4_952
    assert len(first) <= 5 * 11, [query["sql"][:80] for query in first]
    with CaptureQueriesContext(connection) as again:
        report, _ = import_file(KIND, path)
    assert str(report) == "新增 0，更新 0，未变 4952，错误 48"
    assert not [query for query in again if query["sql"].startswith(("INSERT", "UPDATE", "COPY"))]


def test_another_contact_takes_the_place_of_the_former_who_stays_in_the_history(tmp_path: Path):
    region = district()
    import_rows(KIND, tmp_path, row(1, region.code, **FULL))
    report, _ = import_rows(KIND, tmp_path, row(1, region.code, **(FULL | {"联系人": "何文娟"})))
    assert report.previewed[0]["lines"] == ["联系人：李* → 何*"]
    kept = Enterprise.objects.get().contacts.order_by("pk").values_list("name", "is_main", "ended_on")
    assert list(kept) == [("李强", True, date(2026, 11, 18)), ("何文娟", True, None)]


def test_masks_that_an_export_showed_never_replace_what_they_hide(tmp_path: Path):
    region = district()
    import_rows(KIND, tmp_path, row(1, region.code, **FULL))
    masked = FULL | {"法定代表人": "王*", "联系人": "李*", "联系电话": "138****1234"}
    assert str(import_rows(KIND, tmp_path, row(1, region.code, **masked))[0]) == "新增 0，更新 0，未变 1，错误 0"
    report, faults = import_rows(KIND, tmp_path, row(1, region.code, **(FULL | {"联系电话": "139****0000"})))
    assert str(report) == "新增 0，更新 0，未变 0，错误 1"
    assert "不能带星号" in faults[0]
    assert Enterprise.objects.get().contact_phone == "13800001234"
