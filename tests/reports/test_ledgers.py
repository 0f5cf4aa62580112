"""Ledgers read back cell by cell: the columns of the contract, exactly the list's rows, everything as what it is."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appeals.models import Appeal
from appeals.supervising import acting
from appeals.supervising.acting import ORDERS
from cadres import audit
from cadres.models import Cadre, Department
from cadres.roles import Role
from enterprises.models import Assignment, Enterprise
from policies import registering
from reports.ledgers import asking, book, making
from reports.ledgers.columns import Form, Head
from reports.models import Ledger
from tests.factories import (
    DepartmentFactory,
    EnterpriseFactory,
    appeal,
    assign,
    cadre,
    city,
    district,
)
from tests.factories import status as report
from tests.policies import people
from tests.reports.karamay import DAY, at
from tests.reports.ledgers import company_in_a_town, headers, hide_personal_data, make, office_of_the_city, rows, visit
from workflow.steps import Actor
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

# The ledgers of contract.md, word for word.
CONTRACT = {
    "appeals": (
        "序号 编号 区县 街道 企业名称 统一社会信用代码 主体类型 行业 规模 联系人 联系电话 来源 提出日期 "
        "性质 标题 描述 类别 研判 紧急程度 主办单位 承办人 协办单位 专员 包联领导 转办日期 办理时限 状态 督办级别 进展 "
        "答复内容 延期次数 重办次数 办结日期 办结类型 是否解决 未解决原因 满意度 末梢验证 预警 备注"
    ),
    "fulfilments": (
        "序号 区县 企业名称 统一社会信用代码 政策名称 文号 事项 责任部门 兑现方式 是否符合 未享原因 "
        "期次 应享金额 申报日期 截止日期 状态 核定金额 拨付金额 拨付日期 凭证号 堵点 专员"
    ),
    "visits": (
        "序号 编号 走访日期 方式 专员 企业名称 统一社会信用代码 接待人及职务 在岗人数 应到人数 产能利用率 宣讲政策 "
        "困难 新增诉求数 意见建议 现场解决 照片数 下次联系"
    ),
    "assignments": (
        "序号 专项行动 企业名称 统一社会信用代码 区县 包联领导 专员 单位及职务 电话 起始日期 终止日期 走访频次(天) "
        "上次走访 逾期天数 变更原因"
    ),
    "operating-status": (
        "序号 日期 区县 企业名称 统一社会信用代码 统计类别 复工状态 应到人数 在岗人数 返岗率 产能利用率 用电量(kWh) "
        "基准日用电(kWh) 来源 上报人 备注"
    ),
    "supervision": "序号 督办单号 颜色 诉求编号 标题 主办单位 下达人 下达日期 要求反馈日期 反馈日期 反馈内容 状态",
}
HEADING = book.Heading("台账", "李强", "市助企办", at(16), "全部", 2)


@pytest.fixture
def office() -> Cadre:
    return office_of_the_city()


@pytest.fixture
def company() -> Enterprise:
    return company_in_a_town()


@pytest.mark.parametrize("kind", CONTRACT)
def test_every_ledger_has_the_columns_of_the_contract_even_where_it_is_empty(tmp_path: Path, office: Cadre, kind: str):
    made, sheet = make(kind, tmp_path, office)
    assert headers(sheet) == CONTRACT[kind].split()
    assert (made.rows, rows(sheet)) == (0, [])
    assert sheet["A1"].value == Ledger.Kind(kind).label
    if kind == "appeals":
        assert sheet.max_column == 40


def settled_case(company: Enterprise) -> tuple[Appeal, Cadre]:
    """An appeal on its whole way, by the people of one district."""
    unit: Department = DepartmentFactory.create(region=district(), name="澜北区人社局")
    other: Department = DepartmentFactory.create(region=district(), name="澜北区交通局")
    specialist = cadre(Role.SPECIALIST, region=district(), name="王晓敏")
    leader = cadre(Role.TEAM_LEADER, region=district(), name="赵领导")
    handler, head = (
        cadre(role, department=unit, name=name) for role, name in ((Role.HANDLER, "孙办"), (Role.HEAD, "周长"))
    )
    assign(specialist, company)
    assign(leader, company, role=Assignment.Role.LEADER)
    found = appeal(company, specialist, at(9), urgency="urgent", description="=1+1 外省46名钻修技工无法按时返岗。")
    office = cadre(Role.OFFICE, region=district())
    steps = [
        ("assign", office, {"lead": unit, "co_departments": [other], "triage": "single", "urgency": "urgent"}),
        ("sign", handler, {}),
        ("progress", handler, {"note": "已联系客运公司", "contacted": True}),
        ("progress", handler, {"note": "班车定于周五"}),
        ("reply", handler, {"outcome": "solved", "reply": "已开通直达班车。"}),
        ("approve", head, {}),
        (
            "confirm",
            specialist,
            {"solved": "partly", "rating": "fair", "confirmed_by": "张", "confirmed_how": "phone", "note": "还差三人"},
        ),
    ]
    for minutes, (name, by, values) in enumerate(steps, start=1):
        found.take(name, by=Actor.of(by), now=at(9, minutes), **values)
    return found, specialist


def test_an_appeal_stands_in_its_forty_columns(tmp_path: Path, office: Cadre, company: Enterprise):
    case, _ = settled_case(company)
    hide_personal_data()
    made, sheet = make("appeals", tmp_path, office)
    (row,) = rows(sheet)
    assert made.rows == 1
    expected = {
        "序号": 1,
        "编号": case.number,
        "区县": "澜北区",
        "街道": "澜北区1街道",
        "企业名称": "澜川钻修有限公司",
        "统一社会信用代码": company.credit_code,
        "主体类型": "企业",
        "行业": "C35 专用设备制造业",
        "规模": "小型",
        "联系人": "张*",
        "联系电话": "138****1234",
        "来源": "走访",
        "提出日期": DAY,
        "性质": "困难诉求",
        "标题": "外地员工无法返岗",
        "描述": "=1+1 外省46名钻修技工无法按时返岗。",
        "类别": str(case.category),
        "研判": "个性",
        "紧急程度": "紧急",
        "主办单位": "澜北区人社局",
        "承办人": "孙办",
        "协办单位": "澜北区交通局",
        "专员": "王晓敏",
        "包联领导": "赵领导",
        "转办日期": DAY,
        "状态": "待销号",
        "督办级别": None,
        "进展": "班车定于周五",
        "答复内容": "已开通直达班车。",
        "延期次数": 0,
        "重办次数": 0,
        "办结日期": DAY,
        "办结类型": "已解决",
        "是否解决": "部分解决",
        "未解决原因": "还差三人",
        "满意度": "基本满意",
        "末梢验证": None,
        "预警": None,
        "备注": None,
    }
    case.refresh_from_db()
    due = row.pop("办理时限")
    assert abs(due - case.due_at.astimezone(at(9).tzinfo).replace(tzinfo=None)) < timedelta(seconds=1)
    assert row == expected
    cells = {name: sheet.cell(4, column) for column, name in enumerate(headers(sheet), start=1)}
    assert (cells["描述"].data_type, cells["描述"].quotePrefix) == ("s", True)
    assert cells["统一社会信用代码"].number_format == "@"
    assert cells["提出日期"].number_format == "yyyy-mm-dd"


def test_the_sheet_is_set_up_for_reading_and_for_paper(tmp_path: Path, office: Cadre, company: Enterprise):
    appeal(company, now=at(9))
    _, sheet = make("appeals", tmp_path, office, "level=0&from=2026-11-01")
    meta = "单位：市助企办　导出人：李强　数据时间：2026-11-18 16:00　共 1 行　"
    assert sheet["A2"].value == meta + "筛选条件：督办级别：未督办；提出日期：2026-11-01 至 今天"
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.print_title_cols) == ("C4", "$1:$3", "$A:$B")
    page = sheet.page_setup
    assert (page.orientation, page.paperSize, page.fitToHeight) == ("landscape", 9, 0)
    assert page.fitToWidth == 5
    assert sheet.auto_filter.ref == "A3:AN4"
    assert "市助企办 李强 2026-11-18 16:00" in sheet.oddHeader.right.text
    assert "第 &P 页" in sheet.oddFooter.right.text
    assert sheet.column_dimensions["F"].width > 20
    found = openpyxl.load_workbook(tmp_path / "appeals.xlsx").properties
    assert (found.title, found.creator) == ("企业困难诉求清单", "市助企办 李强 2026-11-18 16:00")
    assert "督办级别：未督办" in found.description


def test_personal_data_is_open_to_those_who_may_see_it(tmp_path: Path, office: Cadre, company: Enterprise):
    appeal(company, now=at(9))
    hide_personal_data()
    masked, sheet = make("appeals", tmp_path, Cadre.objects.get(pk=office.pk))
    assert (rows(sheet)[0]["联系人"], rows(sheet)[0]["联系电话"]) == ("张*", "138****1234")
    Group.objects.get(name=Role.OFFICE).permissions.add(Permission.objects.get(codename="unmask_contact"))
    full, sheet = make("appeals", tmp_path, Cadre.objects.get(pk=office.pk))
    assert (rows(sheet)[0]["联系人"], rows(sheet)[0]["联系电话"]) == ("张建国", "13800001234")
    assert masked.scope != full.scope


def test_a_ledger_has_exactly_the_rows_of_the_list_in_their_order(tmp_path: Path, client: Client, office: Cadre):
    for number in range(6):
        appeal(EnterpriseFactory.create(region=district(2 + number % 2)), now=at(9 + number), title=f"诉求{number}很急")
    client.force_login(office)
    for query in (
        "",
        f"region={district(2).code}",
        "q=诉求3",
        "status=pending&sort=-submitted",
        "level=0&urgency=ordinary",
    ):
        shown = client.get(reverse("appeals:list") + f"?{query}").context["listing"].rows
        _, sheet = make(
            "appeals", tmp_path, office, urlencode(dict(part.split("=") for part in query.split("&") if part))
        )
        assert [row["编号"] for row in rows(sheet)] == [one.number for one in shown], query
        assert shown, query


def test_everybody_gets_their_own_scope_alone(tmp_path: Path):
    here, there = (appeal(EnterpriseFactory.create(region=district(number)), now=at(9)) for number in (2, 3))
    for by, seen in (
        (cadre(Role.OFFICE, region=district(2)), [here]),
        (cadre(Role.SUPERVISOR, region=district(3)), [there]),
        (here.registered_by, [here]),
        (cadre(Role.HANDLER, region=district(2)), []),
    ):
        _, sheet = make("appeals", tmp_path, by)
        assert [row["编号"] for row in rows(sheet)] == [one.number for one in seen]


def test_whoever_may_not_see_the_list_gets_no_ledger(tmp_path: Path):
    for by in (cadre(Role.CALLER), cadre(Role.DISCIPLINE), cadre(Role.SYSADMIN), cadre(Role.OFFICE, is_active=False)):
        with pytest.raises(making.NoRightError):
            make("appeals", tmp_path, by)
    with pytest.raises(making.NoRightError):
        make("visits", tmp_path, cadre(Role.HANDLER))


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("light=purple", "时限：“purple”不是可选的值"),
        ("colour=red", "没有“colour”这个筛选条件"),
        ("from=yesterday", "提出日期"),
        ("sort=name", "不能按“name”排序"),
        ("region=999999999999", "区域"),
        ("from=2026-11-20&to=2026-11-01", "起始日期晚于截止日期"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_in_words(tmp_path: Path, office: Cadre, query: str, complaint: str):
    with pytest.raises(asking.FilterError, match=re.escape(complaint)):
        make("appeals", tmp_path, office, query)


def test_odd_texts_stand_as_they_are(tmp_path: Path):
    odd = [
        "=SUM(A1)",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "𠮷野家",
        "<b>&amp;",
        "<r><t>x</t></r>",
        "a\x0bb",
        "'x",
        "007",
        "长" * 40_000,
        "",
    ]
    heads = [Head("文字", Form.TEXT, 20)]
    path = tmp_path / "odd.xlsx"
    assert book.write(path, replace(HEADING, rows=len(odd)), heads, [[text] for text in odd]) == len(odd)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    found = [sheet.cell(row, 2) for row in range(4, 4 + len(odd))]
    assert {cell.data_type for cell in found} <= {"s", "inlineStr", "n"}
    values = [cell.value for cell in found]
    assert values[:5] == odd[:5]
    assert values[6:9] == odd[6:9]
    assert values[9:12] == ["ab", "'x", "007"]
    assert (len(values[12]), values[13]) == (32_767, None)
    assert [cell.quotePrefix for cell in found[:7]] == [True] * 6 + [False]


def test_a_row_is_as_tall_as_its_text(tmp_path: Path):
    heads, path = [Head("描述", Form.LONG, 21), Head("代码", Form.CODE, 5)], tmp_path / "tall.xlsx"
    texts = ["短", "十个字一行二十个数位" * 3, "a\nb", "长" * 9_000]
    book.write(path, replace(HEADING, rows=4), heads, [[text, "9" * 30] for text in texts])
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [sheet.row_dimensions[row].height for row in range(4, 8)] == [None, 46, 32, 409]
    assert (sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight) == (18, True)


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path: Path):
    heads, path = [Head("数", Form.NUMBER, 8)], tmp_path / "long.xlsx"
    seen: list[int] = []
    assert (
        book.write(path, replace(HEADING, rows=12), heads, ([n] for n in range(12)), each=seen.append, most_rows=8)
        == 12
    )
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.title for sheet in sheets] == ["台账", "台账 2", "台账 3"]
    numbers = [row[0].value for sheet in sheets for row in sheet.iter_rows(min_row=4)]
    assert numbers == seen == list(range(1, 13))
    assert {sheet["B3"].value for sheet in sheets} == {"数"}
    assert [sheet.auto_filter.ref for sheet in sheets] == ["A3:B8", "A3:B8", "A3:B5"]


def test_orders_stand_in_their_ledger_as_they_were_issued(tmp_path: Path, office: Cadre, company: Enterprise):
    case, _ = settled_case(company)
    supervisor = cadre(Role.SUPERVISOR, region=city(), name="郑海燕")
    order = acting.issue(case, "red", "=请报进展", by=supervisor, now=at(10))
    handler = Cadre.objects.get(name="孙办")
    ORDERS.answer(order, "已开通\n每日两班", by=handler, now=at(11), version=order.version)
    _, sheet = make("supervision", tmp_path, office)
    assert rows(sheet) == [
        {
            "序号": 1,
            "督办单号": order.number,
            "颜色": "红",
            "诉求编号": case.number,
            "标题": case.title,
            "主办单位": "澜北区人社局",
            "下达人": "郑海燕",
            "下达日期": DAY,
            "要求反馈日期": order.reply_due_at.astimezone(BEIJING).date(),
            "反馈日期": DAY,
            "反馈内容": "已开通\n每日两班",
            "状态": "已反馈",
        }
    ]
    only = make("supervision", tmp_path, office, "colour=blue")[0]
    assert (only.rows, only.filter_words) == (0, "颜色：蓝色")
    with pytest.raises(making.NoRightError):
        make("supervision", tmp_path, Cadre.objects.get(name="王晓敏"))


@pytest.mark.parametrize("kind", Ledger.Kind.values)
def test_twenty_rows_cost_as_many_queries_as_two(tmp_path: Path, office: Cadre, kind: str):
    granted = people.item(people.policy(), DepartmentFactory.create())
    supervisor, reader = cadre(Role.SUPERVISOR, region=city()), office
    if kind == Ledger.Kind.AUDIT:
        reader = cadre(Role.AUDITADMIN)

    def fill(count: int) -> None:
        for _ in range(count):
            one = appeal(now=at(9))
            visit(one.registered_by, one.enterprise).appeals.add(one)
            report(one.enterprise, DAY)
            acting.issue(one, "blue", "请报进展", by=supervisor, now=at(9))
            registering.one(one.enterprise, granted, "2026", by=office, now=at(9))
            audit.record(audit.Action.CONFIGURE, cadre=office, subject="督办阶梯")

    def cost() -> tuple[int, int]:
        query = "status=all" if kind == Ledger.Kind.FULFILMENTS else ""
        with CaptureQueriesContext(connection) as captured:
            made, _ = make(kind, tmp_path, Cadre.objects.get(pk=reader.pk), query)
        return made.rows, len(captured)

    fill(2)
    few, queries = cost()
    fill(18)
    assert cost() == (few + 18, queries)


@pytest.mark.slow
def test_libreoffice_opens_a_ledger_and_shows_the_same(
    tmp_path: Path, soffice: str, office: Cadre, company: Enterprise
):
    settled_case(company)
    hide_personal_data()
    appeal(EnterpriseFactory.create(name="𠮷 <b>&有限公司", region=district()), now=at(9), title="=1+1 不是公式")
    make("appeals", tmp_path, office)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    convert = [
        soffice,
        home,
        "--headless",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1",
        "--outdir",
        str(tmp_path),
    ]
    subprocess.run([*convert, str(tmp_path / "appeals.xlsx")], check=True, capture_output=True, timeout=120)
    text = (tmp_path / "appeals.csv").read_text(encoding="utf-8")
    for said in ("企业困难诉求清单", "138****1234", "𠮷 <b>&有限公司", "=1+1 不是公式", "2026-11-18", "待销号"):
        assert said in text
