"""The places, departments and people of the invented city 澜川市."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from cadres.models import Cadre, Department, Region
from cadres.roles import Role

if TYPE_CHECKING:
    from random import Random

CITY: Final = ("990100000000", "澜川市")
DISTRICTS: Final = {
    "990102000000": ("澜北区", ("北门街道", "钢城街道", "柳河镇")),
    "990103000000": ("澜南区", ("南湖街道", "新港街道", "白杨镇")),
    "990104000000": ("澜东区", ("东风街道", "石化街道", "沙湾镇")),
    "990105000000": ("云台县", ("云台镇", "青溪镇", "马场乡")),
    "990106000000": ("红柳县", ("红柳镇", "胡杨镇", "盐池乡")),
}
PARKS: Final = {"990171000000": "澜川经开区", "990172000000": "石化工业园"}

# Departments that handle appeals; the short names are those of the demo appeals.
BUREAUS: Final = (
    *("人社局", "工信局", "交通局", "公安局", "生态环境局", "发改委", "自然资源局", "住建局", "金融办", "国资委"),
    *("商务局", "农业农村局", "市场监管局", "文旅局", "卫健委", "财政局", "科技局", "供电公司", "园区管委会"),
)
OFFICE, SUPERVISION, GOVERNMENT = "市助企办", "市督查室", "市政府办"
DISCIPLINE, INFORMATION = "市纪委监委", "市大数据局"

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国海燕志远晓雪梅松岩楠宁辉欣怡晨阳博文思远雨轩"

NAMED: Final = (
    # username, name, department ("区：" = of 澜北区, "南：" = of 澜南区), title, role
    ("specialist", "王晓敏", "北：工信局", "科员", Role.SPECIALIST),
    ("specialist2", "刘志远", "南：工信局", "科员", Role.SPECIALIST),
    ("leader-team", "陈建国", GOVERNMENT, "副秘书长", Role.TEAM_LEADER),
    ("handler", "赵明", "市人社局", "就业科科长", Role.HANDLER),
    ("handler2", "钱晓东", "市交通局", "运输科科长", Role.HANDLER),
    ("head", "孙丽华", "市人社局", "局长", Role.HEAD),
    ("office", "周海燕", OFFICE, "副主任", Role.OFFICE),
    ("office-north", "吴婷", "北：助企办", "主任", Role.OFFICE),
    ("supervisor", "郑国强", SUPERVISION, "督查专员", Role.SUPERVISOR),
    ("leader", "林建华", GOVERNMENT, "副市长", Role.LEADER),
    ("discipline", "何正", DISCIPLINE, "室主任", Role.DISCIPLINE),
    ("caller", "许静", OFFICE, "回访员", Role.CALLER),
    ("sysadmin", "马超", INFORMATION, "系统管理员", Role.SYSADMIN),
    ("secadmin", "罗敏", INFORMATION, "安全管理员", Role.SECADMIN),
    ("auditadmin", "梁军", INFORMATION, "审计管理员", Role.AUDITADMIN),
)
SPECIALISTS_PER_DISTRICT: Final = 9
HANDLERS_PER_BUREAU: Final = 2


@dataclass
class Cast:
    """Everybody, by where they are wanted."""

    city: Region
    districts: list[Region]
    towns: dict[str, list[Region]]
    parks: list[Region]
    bureaus: dict[str, Department] = field(default_factory=dict)
    handlers: dict[int, list[Cadre]] = field(default_factory=dict)
    heads: dict[int, Cadre] = field(default_factory=dict)
    specialists: dict[str, list[Cadre]] = field(default_factory=dict)
    named: dict[str, Cadre] = field(default_factory=dict)
    offices: list[Cadre] = field(default_factory=list)


class Casting:
    """Makes the people; names and telephone numbers come from the seed."""

    def __init__(self, random: Random, password: str) -> None:
        self.random = random
        self.password = make_password(password)
        self.groups = {Role(group.name): group for group in Group.objects.filter(name__in=Role.values)}
        self.count = 0

    def everybody(self) -> Cast:
        cast = self._places()
        self._city_departments(cast)
        self._district_departments(cast)
        self._bureau_people(cast)
        self._specialists(cast)
        return cast

    def _places(self) -> Cast:
        city = Region.objects.create(code=CITY[0], name=CITY[1], kind=Region.Kind.CITY)
        cast = Cast(city, [], {}, [])
        for code, (name, towns) in DISTRICTS.items():
            district = Region.objects.create(code=code, name=name, kind=Region.Kind.DISTRICT, parent=city)
            cast.districts.append(district)
            cast.towns[district.code] = [
                Region.objects.create(
                    code=f"{code[:6]}{number:03d}000", name=town, kind=Region.Kind.TOWN, parent=district
                )
                for number, town in enumerate(towns, 1)
            ]
        for code, name in PARKS.items():
            cast.parks.append(Region.objects.create(code=code, name=name, kind=Region.Kind.PARK, parent=city))
        return cast

    def _city_departments(self, cast: Cast) -> None:
        for name in BUREAUS:
            cast.bureaus[name] = Department.objects.create(
                name=f"市{name}", region=cast.city, kind="承办单位", duty_phone=self.phone()
            )
        for name in (OFFICE, SUPERVISION, GOVERNMENT, DISCIPLINE, INFORMATION):
            Department.objects.create(name=name, region=cast.city, kind="综合单位", handles_appeals=False)

    def _district_departments(self, cast: Cast) -> None:
        for district in cast.districts:
            short = district.name
            for name, handles in (("助企办", False), ("督查室", False), ("工信局", True), ("商务局", True)):
                Department.objects.create(name=f"{short}{name}", region=district, handles_appeals=handles)
            if short != "澜北区":
                office = self._department(district, f"{short}助企办")
                cast.offices.append(self._person("", office, Role.OFFICE, "主任"))
        for username, name, unit, title, role in NAMED:
            cast.named[username] = self._person(name, self._unit_of(cast, unit), role, title, username=username)
        cast.offices += [cast.named["office"], cast.named["office-north"]]

    def _bureau_people(self, cast: Cast) -> None:
        leader = cast.named["leader"]
        for name, department in cast.bureaus.items():
            known = [cadre for cadre in cast.named.values() if cadre.department_id == department.pk]
            handlers = [cadre for cadre in known if cadre.holds(Role.HANDLER)]
            heads = [cadre for cadre in known if cadre.holds(Role.HEAD)]
            while len(handlers) < HANDLERS_PER_BUREAU:
                handlers.append(self._person("", department, Role.HANDLER, "科长"))
            head = heads[0] if heads else self._person("", department, Role.HEAD, f"{name}负责人")
            cast.handlers[department.pk], cast.heads[department.pk] = handlers, head
            department.leader_in_charge, department.duty_officer = leader, handlers[0]
            department.save()

    def _specialists(self, cast: Cast) -> None:
        for district in cast.districts:
            units = [self._department(district, f"{district.name}{name}") for name in ("工信局", "商务局")]
            own = [c for c in cast.named.values() if c.holds(Role.SPECIALIST) and c.region == district]
            while len(own) < SPECIALISTS_PER_DISTRICT:
                own.append(self._person("", self.random.choice(units), Role.SPECIALIST, "科员"))
            cast.specialists[district.code] = own

    def _unit_of(self, cast: Cast, unit: str) -> Department:
        place, _, name = unit.rpartition("：")
        if not place:
            return self._department(cast.city, name)
        district = cast.districts[0 if place == "北" else 1]
        return self._department(district, district.name + name)

    def _department(self, region: Region, name: str) -> Department:
        return Department.objects.select_related("region").get(region=region, name=name)

    def _person(self, name: str, department: Department, role: Role, title: str, username: str = "") -> Cadre:
        self.count += 1
        cadre = Cadre(
            username=username or f"cadre{self.count:03d}",
            email=f"{username}@lanchuan.example" if username else "",
            name=name if username else self.name(),
            phone=self.phone(),
            title=title,
            department=department,
            password=self.password,
        )
        cadre.save()
        cadre.groups.add(self.groups[role])
        return cadre

    def name(self) -> str:
        return self.random.choice(SURNAMES) + "".join(self.random.sample(GIVEN, self.random.choice((1, 2, 2))))

    def phone(self) -> str:
        return f"139{self.random.randrange(10**8):08d}"
