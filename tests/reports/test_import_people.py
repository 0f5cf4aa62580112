"""Departments and cadres: who works where and what each may do, without opening doors that aren't the importer's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from cadres.models import Cadre, Department, Region
from cadres.roles import Role
from reports.models import ImportJob
from tests.factories import DepartmentFactory, cadre, city, district
from tests.reports.workbooks import import_rows

pytestmark = pytest.mark.django_db

DEPARTMENTS, CADRES = ImportJob.Kind.DEPARTMENTS, ImportJob.Kind.CADRES


def unit(name: str, region: str, **values: Any) -> dict[str, Any]:
    return {"名称": name, "区域代码": region, **values}


def person(username: str, roles: str = "驻企特派专员", **values: Any) -> dict[str, Any]:
    return {
        "用户名": username, "姓名": "王晓敏", "单位": "市人社局", "单位区域代码": city().code, "角色": roles, **values,
    }  # fmt: skip


@pytest.fixture
def bureau() -> Department:
    return DepartmentFactory.create(name="市人社局", region=city())


def test_departments_come_in_with_superiors_that_stand_further_down(tmp_path: Path):
    top, home = city(), district(2, "澜北区")
    leader = cadre(Role.LEADER, region=top, username="li.qiang", name="李强")
    rows = [
        unit("区人社局", home.code, 上级单位="市人社局", 类别="政府部门", 值班电话="0990-6230012", 是否承办诉求="是"),
        unit("市人社局", top.code, 分管领导="李强"),
        unit("区纪委", home.code, 分管领导="li.qiang", 是否承办诉求="否"),
    ]
    report, faults = import_rows(DEPARTMENTS, tmp_path, *rows)
    assert (str(report), faults) == ("新增 3，更新 0，未变 0，错误 0", [])
    below = Department.objects.get(name="区人社局")
    assert (below.parent and below.parent.name, below.kind, below.duty_phone) == (
        "市人社局",
        "政府部门",
        "0990-6230012",
    )
    assert (below.handles_appeals, Department.objects.get(name="区纪委").handles_appeals) == (True, False)
    assert set(Department.objects.filter(leader_in_charge=leader).values_list("name", flat=True)) == {
        "市人社局",
        "区纪委",
    }
    assert str(import_rows(DEPARTMENTS, tmp_path, *rows)[0]) == "新增 0，更新 0，未变 3，错误 0"
    report, _ = import_rows(DEPARTMENTS, tmp_path, unit("区人社局", home.code, 上级单位=None, 类别="政府部门"))
    assert report.previewed[0]["lines"] == ["上级单位：市人社局 → —", "值班电话：0990-6230012 → —"]


def test_a_superior_may_have_the_same_name_one_region_up(tmp_path: Path):
    home = district(2)
    rows = [unit("人社局", home.code, 上级单位="人社局"), unit("人社局", city().code)]
    assert str(import_rows(DEPARTMENTS, tmp_path, *rows)[0]) == "新增 2，更新 0，未变 0，错误 0"
    below = Department.objects.get(region=home)
    assert below.parent == Department.objects.get(region=city())
    assert str(import_rows(DEPARTMENTS, tmp_path, *rows)[0]) == "新增 0，更新 0，未变 2，错误 0"


def test_every_fault_of_departments_is_told(tmp_path: Path):
    top, home = city(), district(2, "澜北区")
    cadre(region=top, name="张伟", username="zhang1")
    cadre(region=top, name="张伟", username="zhang2")
    report, faults = import_rows(
        DEPARTMENTS,
        tmp_path,
        unit("甲局", top.code, 上级单位="乙局"),
        unit("乙局", top.code, 上级单位="甲局"),
        unit("丙局", top.code, 上级单位="没有的局"),
        unit("丁局", home.code, 上级单位="丙局"),
        unit("戊局", top.code, 分管领导="张伟"),
        unit("己局", top.code, 分管领导="无名"),
        unit("庚局", top.code, 上级单位="庚局", 是否承办诉求="也许"),
        unit("辛局", "990199000000"),
        unit("壬局", top.code),
        unit("壬局", top.code),
        unit("壬局", home.code, 类别="长" * 21),
    )
    assert str(report) == "新增 1，更新 0，未变 0，错误 10"
    assert faults == [
        "第 2 行 上级单位：上级单位“乙局”又归本单位管，成了循环",
        "第 3 行 上级单位：上级单位“甲局”又归本单位管，成了循环",
        "第 4 行 上级单位：没有别的名为“没有的局”的单位，澜川市及其上级区域里都没有",
        "第 5 行 上级单位：上级单位“丙局”所在的行有错误，改好后才能导入本行",
        "第 6 行 分管领导：有 2 位干部叫“张伟”，请填用户名",
        "第 7 行 分管领导：没有用户名或姓名为“无名”的干部；可先留空，导入干部后再补",
        "第 8 行 上级单位：没有别的名为“庚局”的单位，澜川市及其上级区域里都没有",
        "第 8 行 是否承办诉求：“也许”不是可选的值，应为：是、否",
        "第 9 行 区域代码：没有代码为 990199000000 的区域，请核对，或先导入区域",
        "第 11 行 名称：澜川市的“壬局”与第 10 行重复",
        "第 12 行 类别：超过 20 个字（现为 21 个），请缩短",
    ]
    assert Department.objects.filter(name="壬局").count() == 1


def test_new_cadres_get_their_roles_and_no_password(tmp_path: Path, bureau: Department):
    row = person("w.xiaomin", "驻企特派专员、承办人", 手机=13800001234, 职务="科长")
    report, faults = import_rows(CADRES, tmp_path, row)
    assert (str(report), faults) == ("新增 1，更新 0，未变 0，错误 0", [])
    assert "新增的 1 个账号还没有密码" in report.remarks[-1]
    found = Cadre.objects.get(username="w.xiaomin")
    assert (found.name, found.initials, found.phone, found.title) == ("王晓敏", "wxm", "13800001234", "科长")
    assert (found.department, found.roles) == (bureau, {Role.SPECIALIST, Role.HANDLER})
    assert not found.has_usable_password()
    report, _ = import_rows(CADRES, tmp_path, row)
    assert (str(report), report.remarks) == ("新增 0，更新 0，未变 1，错误 0", [])


def test_changed_roles_replace_those_held_and_leave_passwords_and_other_groups_alone(
    tmp_path: Path, bureau: Department
):
    known = cadre(Role.SPECIALIST, Role.HEAD, department=bureau, username="known", name="王晓敏")
    known.set_password("Zhuqi-demo-2026")
    known.save()
    known.groups.add(Group.objects.create(name="合唱团"))
    report, _ = import_rows(CADRES, tmp_path, person("known", "承办人、驻企特派专员"))
    assert report.previewed[0]["lines"] == ["角色：驻企特派专员、部门负责人 → 驻企特派专员、承办人"]
    known = Cadre.objects.get(pk=known.pk)
    assert known.roles == {Role.SPECIALIST, Role.HANDLER}
    assert known.check_password("Zhuqi-demo-2026")
    assert known.groups.filter(name="合唱团").exists()


def test_every_fault_of_cadres_is_told(tmp_path: Path, bureau: Department):
    report, faults = import_rows(
        CADRES,
        tmp_path,
        person("a b"),
        person("two", "系统管理员、审计管理员"),
        person("three", "安全管理员、办公室"),
        person("four", "局长"),
        person("five", 单位="没有的局"),
        person("six"),
        person("six"),
        person("seven", 手机="不知道"),
        person("王 伟", 姓名=None),
        person("nine", ""),
    )
    assert str(report) == "新增 2，更新 0，未变 0，错误 8"
    assert faults == [
        "第 3 行 角色：系统管理员、安全管理员、审计管理员互相排斥，也不能兼任业务角色",
        "第 4 行 角色：系统管理员、安全管理员、审计管理员互相排斥，也不能兼任业务角色",
        "第 5 行 角色：“局长”不是可选的值，应为：" + "、".join(Role.labels),
        "第 6 行 单位：澜川市没有名为“没有的局”的单位，请核对，或先导入单位",
        "第 8 行 用户名：用户名 six 与第 7 行重复",
        "第 9 行 手机：“不知道”不是电话号码，只能有数字和 -，最多 20 位",
        "第 10 行 姓名：必须填写",
        "第 11 行 角色：必须填写",
    ]
    assert set(Cadre.objects.values_list("username", flat=True)) == {"ab", "six"}


def test_a_unit_or_region_out_of_use_takes_nobody_new(tmp_path: Path, bureau: Department):
    heir = Department.objects.create(name="市数据局", region=bureau.region)
    Department.objects.filter(pk=bureau.pk).update(valid_until=date(2026, 1, 1), successor=heir)
    closed = district(4)
    there = Department.objects.create(name="区商务局", region=closed)
    Region.objects.filter(pk=closed.pk).update(active=False)
    cadre(Role.SPECIALIST, department=there, username="stays", name="王伟", phone="13800000000")
    _, faults = import_rows(
        CADRES,
        tmp_path,
        person("one"),
        person("two", 单位="区商务局", 单位区域代码=closed.code),
        person("stays", 单位="区商务局", 单位区域代码=closed.code),
    )
    no_more = f"{closed.name}已停用，不能再用于新的登记，请改为启用中的区县"
    assert faults == [
        f"第 2 行 单位：“{bureau.name}”已于 2026-01-01 停用，请改为承接其职能的“市数据局”",
        f"第 3 行 单位区域代码：{no_more}",
    ]
    _, faults = import_rows(DEPARTMENTS, tmp_path, unit("区商务局", closed.code), unit("区民政局", closed.code))
    assert faults == [f"第 3 行 区域代码：{no_more}"]


def test_the_command_may_make_administrators_and_a_page_may_not(tmp_path: Path, bureau: Department):
    office = cadre(Role.OFFICE, department=bureau)
    _, faults = import_rows(CADRES, tmp_path, person("root", "系统管理员"), by=office)
    assert faults == ["第 2 行 角色：三员账号不能在这里导入，请由运维人员用 import_workbook 命令建立"]
    report, _ = import_rows(CADRES, tmp_path, person("root", "系统管理员"))
    assert report.added == 1
    _, faults = import_rows(CADRES, tmp_path, person("root", "办公室"), by=office)
    assert len(faults) == 1


def test_nobody_changes_their_own_roles_or_people_elsewhere(tmp_path: Path):
    home, other = district(2), district(3)
    unit_here = DepartmentFactory.create(name="区助企办", region=home)
    office = cadre(Role.OFFICE, department=unit_here, username="office-north", name="王晓敏")
    cadre(Role.HANDLER, region=other, username="stranger")
    here = {"单位": "区助企办", "单位区域代码": home.code}
    _, faults = import_rows(
        CADRES,
        tmp_path,
        person("office-north", "办公室、领导", **here),
        person("stranger", "承办人", **here),
        person("newcomer", "承办人"),
        by=office,
    )
    assert faults == [
        "第 2 行 角色：不能更改自己的角色",
        "第 3 行 用户名：用户名 stranger 已被管辖范围以外的干部使用，请换一个，或由上级办公室导入",
        "第 4 行 单位区域代码：澜川市不在你的管辖范围内，不能导入",
    ]
    report, _ = import_rows(CADRES, tmp_path, person("office-north", "办公室", 职务="主任", **here), by=office)
    assert report.updated == 1


def test_a_thousand_cadres_take_as_many_statements_as_two(
    tmp_path: Path, bureau: Department, django_assert_num_queries
):
    two = [person(f"a{number}") for number in range(2)]
    many = [person(f"b{number}") for number in range(1_000)]
    for rows in (two, many):
        with django_assert_num_queries(11):
            import_rows(CADRES, tmp_path, *rows)
