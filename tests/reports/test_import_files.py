"""A file that can't be imported gets a sentence that says what to do, and costs the importer little memory."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db.backends.signals import connection_created

from cadres.models import AuditRow, Region
from cadres.roles import Role
from config.local.home import ROOT
from enterprises.models import Enterprise
from reports.imports.parsing.limits import FILE_BYTES, MEMORY
from reports.models import ImportJob
from tests.factories import cadre, city, credit_code, district
from tests.reports.karamay import REGIONS
from tests.reports.workbooks import book, comma_separated, environment, headers, import_file, table

REGION_HEADERS = ["代码", "名称", "类型", "上级代码"]
GOOD = ["990100000000", "澜川市", "市", ""]
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
MOST_MEMORY = 300 << 20
SHEET = "xl/worksheets/sheet1.xml"
WORKSHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def good(folder: Path) -> Path:
    return book(folder / "good.xlsx", [REGION_HEADERS, GOOD])


def edited(path: Path, **parts: bytes | None) -> Path:
    """The same archive with parts replaced; names are given with __ for /."""
    changed = {name.replace("__", "/") + ".xml": content for name, content in parts.items()}
    content = BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            found = changed.get(name, source.read(name))
            if found is not None:
                target.writestr(name, found)
    path.write_bytes(content.getvalue())
    return path


def written(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def far_cell(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = workbook.active["XFD1048576"] = "代码"
    workbook.save(folder / "far.xlsx")
    return folder / "far.xlsx"


def wide(folder: Path) -> Path:
    return book(folder / "wide.xlsx", [[*REGION_HEADERS, *[None] * 200, "x"]])


def bomb(folder: Path) -> Path:
    """Half a megabyte that unpacks to a thousand times as much."""
    path = good(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/big.xml", "w") as part:
        for _ in range(500):
            part.write(bytes(1 << 20))
    return path


def forged_bomb(folder: Path) -> Path:
    """A bomb whose directory says that it is small."""
    path = edited(good(folder), xl__worksheets__sheet1=WORKSHEET.encode() + b" " * (20 << 20))
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(SHEET.encode()))
    content[entry + 24 : entry + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def entities(folder: Path) -> Path:
    return edited(good(folder), xl__worksheets__sheet1=b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>')


def merged_header(folder: Path) -> Path:
    workbook = openpyxl.load_workbook(good(folder))
    workbook.active.merge_cells("A1:B1")
    workbook.save(folder / "merged.xlsx")
    return folder / "merged.xlsx"


def two_sheets(folder: Path) -> Path:
    workbook = openpyxl.load_workbook(good(folder))
    workbook.create_sheet("备份")["A1"] = "代码"
    workbook.save(folder / "two.xlsx")
    return folder / "two.xlsx"


def amplified(folder: Path) -> Path:
    """A hundred kilobytes whose cells, each the same long text, don't fit into memory."""
    cells = '<c t="s"><v>0</v></c>' * 20
    rows = "".join(f'<row r="{number}">{cells}</row>' for number in range(1, 20_001))
    path = edited(good(folder), xl__worksheets__sheet1=(WORKSHEET + rows + "</sheetData></worksheet>").encode())
    relation = (
        '<Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        ' Target="sharedStrings.xml" Id="rId99"/></Relationships>'
    )
    content = BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            found = source.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                found = found.replace(b"</Relationships>", relation.encode())
            target.writestr(name, found)
        target.writestr(
            "xl/sharedStrings.xml",
            '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"<si><t>{'x' * 32_000}</t></si></sst>",
        )
    path.write_bytes(content.getvalue())
    return path


def renamed(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))


def without(part: str) -> Callable[[Path], Path]:
    return lambda folder: edited(good(folder), **{part: None})


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (written("a.xlsx", b""), "文件是空的"),
    "not Excel": (written("a.xlsx", b"hello"), "这不是 Excel 工作簿"),
    "a page of a web site": (written("a.xls", b"<html><table>"), "另存为“Excel 工作簿（.xlsx）”"),
    "a picture": (written("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "这不是文本文件"),
    "an unknown encoding": (written("a.csv", "代码".encode() + b"\xff\xfe\xff"), "编码不是 UTF-8 或 GB18030"),
    "old Excel": (written("a.xls", OLE + bytes(900)), "这是旧版 Excel 文件（.xls）"),
    "encrypted": (written("a.xlsx", OLE + bytes(900) + "EncryptedPackage".encode("utf-16-le")), "设有打开密码"),
    "too large": (written("a.csv", b"x" * (FILE_BYTES + 1)), "文件超过 50 MB"),
    "a zip of something else": (without("xl__workbook"), "这不是 Excel 工作簿"),
    "a lost sheet": (without("xl__worksheets__sheet1"), "工作簿已损坏"),
    "cut off": (lambda folder: written("a.xlsx", good(folder).read_bytes()[:2_000])(folder), "工作簿已损坏"),
    "a zip bomb": (bomb, "解压后超过 400 MB"),
    "a forged zip bomb": (forged_bomb, "工作簿已损坏"),
    "entities": (entities, "工作簿已损坏"),
    "a cell at the far end": (far_cell, "第 1048576 行还有内容"),
    "too many columns": (wide, "GW 列还有内容"),
    "more than memory holds": (amplified, "超出了内存限制"),
    "a merged header": (merged_header, "表头（第 1 行）有合并单元格"),
    "two sheets": (two_sheets, "有 2 张有内容的工作表（“数据”、“备份”）"),
    "nothing in it": (lambda folder: book(folder / "a.xlsx", []), "工作簿里没有内容"),
    "only blanks": (written("a.csv", b"\r\n , \r\n"), "文件里没有内容"),
    "only a header": (lambda folder: book(folder / "a.xlsx", [REGION_HEADERS]), "只有表头，没有数据"),
    "an odd quote": (written("a.csv", '代码,名称,类型\n"99,澜川\n'.encode()), "第 2 行的引号不成对"),
    "a missing column": (
        lambda folder: book(folder / "a.xlsx", [["代码", "类型"], ["1", "市"]]),
        "缺少必需的列：“名称”。请把列名改成：代码、名称、类型、上级代码",
    ),
    "an unknown column": (
        lambda folder: book(folder / "a.xlsx", [[*REGION_HEADERS, "面积"], GOOD]),
        "多出模板里没有的列：“面积”",
    ),
    "a column twice": (
        lambda folder: book(folder / "a.xlsx", [[*REGION_HEADERS, "code"], GOOD]),
        "列名重复：“代码”",
    ),
    "a column without name": (
        lambda folder: book(folder / "a.xlsx", [["代码", None, "名称"], GOOD]),
        "B 列没有列名",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path, make, sentence: str):
    with pytest.raises(CommandError) as refused:
        call_command("import_workbook", "regions", str(make(tmp_path)), "--commit")
    assert sentence in str(refused.value)
    assert str(refused.value).endswith("。")
    assert not Region.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [bomb, forged_bomb, far_cell, entities, amplified], ids=lambda make: make.__name__)
def test_a_hostile_file_leaves_the_importer_small(tmp_path: Path, make):
    """The parser has its own limit; the process that started it stays small, says what to do and goes on."""
    importer, parser, code, said = importing("regions", make(tmp_path))
    assert (code, said.count("Traceback")) == (1, 0)
    assert importer < MOST_MEMORY
    assert parser < (MEMORY if make is amplified else MOST_MEMORY)


def importing(kind: str, path: Path) -> tuple[int, int, int, str]:
    """Peak memory of the command and of its child in bytes, its exit code, and what it said."""
    command = [sys.executable, "manage.py", "import_workbook", kind, str(path), "--commit"]
    importer = parser = 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        family = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                importer = max(importer, peak(process.pid))
                parser = max([parser, *(peak(child.pid) for child in family.children())])
            time.sleep(0.005)
        return importer, parser, process.returncode, process.stdout.read()


def peak(pid: int) -> int:
    """The most memory that a process ever held (VmHWM), 0 if it is gone."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    return 0


@pytest.mark.django_db
def test_headers_are_known_in_any_order_and_with_what_people_add_to_them(tmp_path: Path):
    path = book(
        tmp_path / "a.xlsx", [[], ["上级代码", "类 型＊", "名称*", "代码 "], [], ["", "市", "澜川市", 990100000000]]
    )
    report, faults = import_file(ImportJob.Kind.REGIONS, path)
    assert (str(report), faults) == ("新增 1，更新 0，未变 0，错误 0", [])


@pytest.mark.django_db
def test_hidden_sheets_and_those_of_the_template_are_no_data(tmp_path: Path):
    workbook = openpyxl.load_workbook(good(tmp_path))
    for name in ("可选值", "填写说明", "草稿"):
        workbook.create_sheet(name)["A1"] = "市"
    workbook["草稿"].sheet_state = "hidden"
    workbook.save(tmp_path / "more.xlsx")
    assert import_file(ImportJob.Kind.REGIONS, tmp_path / "more.xlsx")[0].added == 1


@pytest.mark.django_db
def test_what_stands_beside_the_columns_is_a_fault_of_its_row(tmp_path: Path):
    path = book(tmp_path / "a.xlsx", [REGION_HEADERS, [*GOOD, None, "备注"]])
    assert import_file(ImportJob.Kind.REGIONS, path)[1] == ["第 2 行 F 列：这一列没有列名，却有内容，请删去或补上列名"]


@pytest.mark.django_db
def test_a_csv_row_may_hold_line_breaks_and_keeps_its_number(tmp_path: Path):
    rows = [REGION_HEADERS, ["990100000000", "澜川\r\n市", "市", ""], [], ["1", "x", "市", ""]]
    _, faults = import_file(ImportJob.Kind.REGIONS, comma_separated(tmp_path / "a.csv", rows))
    assert Region.objects.get().name == "澜川 市"
    assert faults[0].startswith("第 4 行 代码：")


@pytest.mark.django_db
def test_the_command_reports_first_and_writes_only_when_told(tmp_path: Path, capsys):
    home = district(2)
    rows = [
        {"企业名称": "甲公司", "统一社会信用代码": credit_code(1), "主体类型": "企业", "区域代码": home.code},
        {"企业名称": "乙公司", "统一社会信用代码": "1", "主体类型": "企业", "区域代码": home.code},
    ]
    path = str(book(tmp_path / "企业.xlsx", table(ImportJob.Kind.ENTERPRISES, *rows)))
    call_command("import_workbook", "enterprises", path)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("第 3 行 统一社会信用代码：统一社会信用代码应为18位")
    assert said[-1] == "新增 1，更新 0，未变 0，错误 1"
    assert not Enterprise.objects.exists()
    assert not AuditRow.objects.exists()
    cadre(Role.OFFICE, region=city(), username="office")
    call_command("import_workbook", "enterprises", path, "--commit", "--as", "office")
    assert capsys.readouterr().out.splitlines()[-1] == "新增 1，更新 0，未变 0，错误 1"
    assert Enterprise.objects.count() == 1
    audit = AuditRow.objects.get(action="import")
    assert (audit.username, audit.subject) == ("office", "企业 企业.xlsx")
    counts = {"added": 1, "updated": 0, "unchanged": 0, "faulty": 1}
    sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert audit.detail == {"kind": "enterprises", "filename": "企业.xlsx", "sha256": sha256, **counts}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ImportJob.Kind.values)
def test_the_thread_that_reads_ahead_asks_nothing_of_the_database(kind: str, tmp_path: Path):
    """It would do so by a connection of its own, which sees nothing of what the import has written."""
    opened: list[object] = []

    def note(**sent: object) -> None:
        opened.append(sent["connection"])

    office, row = cadre(Role.OFFICE), dict.fromkeys(headers(kind), "2026-09-01")
    connection_created.connect(note)
    try:
        report, _ = import_file(kind, book(tmp_path / "rows.xlsx", table(kind, row)), office, commit=False)
    finally:
        connection_created.disconnect(note)
    assert (report.total, opened) == (1, [])


@pytest.mark.django_db
def test_the_command_refuses_people_without_the_right_and_files_that_are_not_there(tmp_path: Path):
    cadre(Role.SPECIALIST, username="specialist")
    for username, sentence in (("nobody", "没有用户名为“nobody”的在用账号"), ("specialist", "没有导入数据的权限")):
        with pytest.raises(CommandError, match=sentence):
            call_command("import_workbook", "regions", str(REGIONS), "--as", username)
    with pytest.raises(CommandError, match="没有这个文件"):
        call_command("import_workbook", "regions", str(tmp_path / "x.xlsx"))


def test_the_headers_are_those_of_the_contract():
    contract = {
        "regions": "代码 名称 类型 上级代码",
        "departments": "名称 区域代码 类别 上级单位 分管领导 值班电话 是否承办诉求",
        "cadres": "用户名 姓名 手机 单位 单位区域代码 职务 角色",
        "enterprises": "企业名称 统一社会信用代码 主体类型 区域代码 地址 行业代码 行业分组 规模 统计类别 重点名单 "
        "法定代表人 联系人 联系电话 从业人数 营业收入(万元) 资产总额(万元) 基准日用电(kWh) 经营状态 标签 "
        "园区 成立日期 电力户号 项目代码 项目级别 建设性质 项目阶段 责任部门",
        "assignments": "专项行动 统一社会信用代码 企业名称 包联领导用户名 专员用户名 起始日期",
        "electricity": "日期 统一社会信用代码 户号 用电量(kWh)",
        "appeals": "编号 企业名称 统一社会信用代码 来源 提出日期 性质 标题 描述 类别 研判 紧急程度 主办单位 承办人 "
        "协办单位 状态 进展 答复内容 备注",
        "policies": "政策名称 文号 发文机关 层级 类别 生效日期 事项 责任部门 兑现方式 兑现标准 享受条件 拨付资金 "
        "固定金额 最高金额 申报开始 申报截止 申报材料 承诺办理(工作日)",
        "fulfilments": "企业名称 统一社会信用代码 政策名称 文号 事项 未享原因 期次 应享金额 申报日期 截止日期 状态 "
        "核定金额 堵点",
        "payments": "企业名称 统一社会信用代码 政策名称 文号 事项 期次 拨付金额 拨付日期 凭证号",
        "operating-status": "日期 统一社会信用代码 企业名称 复工状态 应到人数 在岗人数 产能利用率(%) 用电量(kWh) 备注",
    }
    assert {kind: " ".join(headers(kind)) for kind in ImportJob.Kind.values} == contract
