"""Cadres, known by username. New ones have no password; who they are to the product is said by their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from cadres.masking import masked_phone
from cadres.models import Cadre, Department
from cadres.roles import ADMINISTRATORS, Role
from cadres.search import initials
from reports.imports import cells
from reports.imports.kinds.columns import RegionFinder, about_missing, locked, refuse_inactive, region_code
from reports.imports.rows import Change, Decision, Seen, Verdict, changes, compare

if TYPE_CHECKING:
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

USERNAME: Final = cells.code(
    "用户名", "username", r"[\w.@+-]{1,60}", "不能作用户名：只能有字母、数字和 @ . + - _，最多 60 个", required=True
)
NAME: Final = cells.text("姓名", "name", 40, required=True)
PHONE: Final = cells.code(
    "手机",
    "phone",
    r"\+?[0-9-]{5,19}",
    "不是电话号码，只能有数字和 -，最多 20 位",
    hint="以文本填写",
    shown=masked_phone,
)
DEPARTMENT: Final = cells.text("单位", "department", 80, required=True, listed="单位")
REGION: Final = region_code("单位区域代码", "region", required=True)
TITLE: Final = cells.text("职务", "title", 40)
ROLES: Final = cells.several("角色", "roles", cells.labelled(Role), required=True, hint="多个角色用“、”隔开")

Roles = list[Role]


class Cadres:
    columns: ClassVar[tuple[Column, ...]] = (USERNAME, NAME, PHONE, DEPARTMENT, REGION, TITLE, ROLES)
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._regions = RegionFinder(situation)
        self._seen = Seen()
        self._departments: dict[tuple[str, str], Department] = {}
        self._ended: dict[tuple[str, str], Department] = {}
        self._stored: dict[str, Cadre] = {}
        self._groups = {Role(group.name): group.pk for group in Group.objects.filter(name__in=Role.values)}

    def decide(self, rows: list[Row]) -> list[Decision]:
        self._regions.fetch(rows, REGION)
        names = {row.values.get(DEPARTMENT.name, "") for row in rows}
        codes = {row.values.get(REGION.name, "") for row in rows}
        named = Department.objects.filter(name__in=names, region__code__in=codes).select_related("region")
        self._departments = {(found.region.code, found.name): found for found in named.current()}
        ended = named.ended().select_related("successor")
        self._ended = {(found.region.code, found.name): found for found in ended}
        usernames = {row.values.get(USERNAME.name, "") for row in rows}
        stored = Cadre.objects.filter(username__in=usernames).select_related("department__region")
        found = locked(stored, self._situation).prefetch_related("groups")
        self._stored = {cadre.username: cadre for cadre in found}
        decisions = [self._decide(row) for row in rows]
        return [decision for decision in decisions if decision is not None]

    def _decide(self, row: Row) -> Decision | None:
        username = row.values.get(USERNAME.name, "")
        stored = self._stored.get(username)
        if username and (first := self._seen.before(username, row)):
            row.refuse(USERNAME, f"用户名 {username} 与第 {first} 行重复")
        department = self._department(row, stored)
        roles: Roles = [Role(role) for role in row.values.get(ROLES.name, [])]
        self._check_roles(row, roles)
        self._check_rights(row, stored, roles)
        if not row.is_good():
            return None
        wanted: dict[str, Any] = {name: row.values[name] for name in ("name", "phone", "title") if name in row.values}
        wanted["department"] = department
        return _decision(row, stored, wanted, roles)

    def _department(self, row: Row, stored: Cadre | None) -> Department | None:
        region, name = self._regions.find(row, REGION), row.values.get(DEPARTMENT.name)
        if region is None or name is None:
            return None
        department = self._departments.get((region.code, name))
        refuse_inactive(row, REGION, region, stored.region.pk if stored and stored.region else None)
        if department is None:
            row.refuse(DEPARTMENT, about_missing(region, name, self._ended.get((region.code, name))))
        return department

    def _check_roles(self, row: Row, roles: Roles) -> None:
        """The three administrators exclude each other, and none of them handles business."""
        administrators = ADMINISTRATORS.intersection(roles)
        if administrators and len(roles) > 1:
            row.refuse(ROLES, "系统管理员、安全管理员、审计管理员互相排斥，也不能兼任业务角色")

    def _check_rights(self, row: Row, stored: Cadre | None, roles: Roles) -> None:
        """Whoever imports by page can't make or touch administrators, nor people elsewhere, nor their own roles."""
        importer = self._situation.cadre
        if importer is None:
            return
        if ADMINISTRATORS.intersection(roles) or (stored and (stored.is_superuser or stored.holds(*ADMINISTRATORS))):
            row.refuse(ROLES, "三员账号不能在这里导入，请由运维人员用 import_workbook 命令建立")
        elif stored and stored.region and not self._situation.may_write(stored.region.path):
            row.refuse(USERNAME, f"用户名 {stored.username} 已被管辖范围以外的干部使用，请换一个，或由上级办公室导入")
        elif stored == importer and set(roles) != importer.roles:
            row.refuse(ROLES, "不能更改自己的角色")

    def write(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            cadre, wanted, _ = decision.record
            for name, value in wanted.items():
                setattr(cadre, name, value)
            cadre.initials = initials(cadre.name)[:40]
        Cadre.objects.bulk_create([each.record[0] for each in decisions if each.verdict == Verdict.ADDED])
        Cadre.objects.bulk_create(
            [each.record[0] for each in decisions if each.verdict == Verdict.UPDATED],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["name", "initials", "phone", "title", "department"],
        )
        self._write_roles(decisions)

    def _write_roles(self, decisions: list[Decision]) -> None:
        """Groups that are no roles stay as they are."""
        memberships = Cadre.groups.through.objects
        wanted = {(each.record[0].pk, self._groups[role]) for each in decisions for role in each.record[2]}
        cadres = [each.record[0].pk for each in decisions]
        held = memberships.filter(cadre__in=cadres, group__in=self._groups.values())
        kept = {(cadre, group): pk for pk, cadre, group in held.values_list("pk", "cadre_id", "group_id")}
        memberships.filter(pk__in=[pk for key, pk in kept.items() if key not in wanted]).delete()
        memberships.bulk_create(
            Cadre.groups.through(cadre_id=cadre, group_id=group) for cadre, group in sorted(wanted - kept.keys())
        )

    def remarks(self, added: int) -> list[str]:
        if not added:
            return []
        how = "请运维人员逐个设置初始密码（manage.py changepassword 用户名）"
        return [f"新增的 {added} 个账号还没有密码，暂时不能登录；{how}。"]


def _decision(row: Row, stored: Cadre | None, wanted: dict[str, Any], roles: Roles) -> Decision:
    subject = f"{row.values['name']}（{row.values['username']}）"
    if stored is None:
        cadre = Cadre(username=row.values["username"], password=make_password(None))
        return Decision(row, Verdict.ADDED, subject, record=(cadre, wanted, roles))
    told = changes(stored, wanted, (NAME, PHONE, DEPARTMENT, TITLE))
    has_other_roles = stored.roles != set(roles)
    if has_other_roles:
        told.append(Change(ROLES.header, stored.roles_display or "—", ROLES.words(roles)))
    verdict = Verdict.UPDATED if has_other_roles or compare(stored, wanted) else Verdict.UNCHANGED
    return Decision(row, verdict, subject, told, (stored, wanted, roles))
