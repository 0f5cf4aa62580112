"""A small real city as files: Karamay's regions, and invented departments, people and enterprises."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from enterprises.rules.credit_code import check_character

REGIONS: Final = Path(__file__).parents[1] / "data" / "regions_karamay.csv"
CITY, DISTRICT, TOWN = "650200000000", "650203000000", "650203001000"
CAMPAIGN: Final = "千人入千企"
PASSWORD: Final = "Resume-work-2026"

DEPARTMENTS: Final = [
    ("市助企办", CITY, "综合", "", "", "", "否"),
    ("市督查室", CITY, "综合", "", "", "", "否"),
    ("市人社局", CITY, "承办", "", "", "0990-1234567", "是"),
    ("克拉玛依区工信局", DISTRICT, "承办", "", "", "", "是"),
]
PEOPLE: Final = [
    ("office", "周海燕", "13900000001", "市助企办", CITY, "主任", "办公室"),
    ("supervisor", "郑国强", "13900000002", "市督查室", CITY, "督查员", "督查"),
    ("handler", "赵明", "13900000003", "市人社局", CITY, "科长", "承办人"),
    ("head", "孙丽华", "13900000004", "市人社局", CITY, "局长", "部门负责人"),
    ("specialist", "王晓敏", "13900000005", "克拉玛依区工信局", DISTRICT, "科员", "驻企特派专员"),
]
NAMES: Final = ["克拉玛依𠮷祥“钻采”有限公司", "独山子O'Neil装备<股份>有限公司", "天山路百货有限公司"]


def credit_code(number: int) -> str:
    first = f"91650203MA{number:07d}"
    return first + check_character(first)


def write_csv(path: Path, header: str, rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header.split(), *rows])
    return path


def departments(folder: Path) -> Path:
    header = "名称 区域代码 类别 上级单位 分管领导 值班电话 是否承办诉求"
    return write_csv(folder / "单位.csv", header, DEPARTMENTS, encoding="gb18030")


def cadres(folder: Path) -> Path:
    return write_csv(folder / "干部.csv", "用户名 姓名 手机 单位 单位区域代码 职务 角色", PEOPLE)


def enterprises(folder: Path) -> Path:
    """Three good rows, and one with a wrong check digit."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(
        ["企业名称", "统一社会信用代码", "主体类型", "区域代码", "地址", "行业代码", "联系人", "联系电话", "从业人数"]
    )
    for number, name in enumerate(NAMES):
        sheet.append([name, credit_code(number), "企业", TOWN, "友谊路1号", "C35", "李红梅", "13800002210", 240])
    sheet.append(["校验错误有限公司", credit_code(9)[:-1] + "*", "企业", TOWN, "友谊路2号", "C35", "", "", 10])
    path = folder / "企业.xlsx"
    book.save(path)
    return path


def assignments(folder: Path, today: date) -> Path:
    rows = [(CAMPAIGN, credit_code(number), name, "", "specialist", str(today)) for number, name in enumerate(NAMES)]
    header = "专项行动 统一社会信用代码 企业名称 包联领导用户名 专员用户名 起始日期"
    return write_csv(folder / "包联.csv", header, rows)
