"""Rows for tests. Numbers are counted, names are plain; a test says what it needs and nothing else."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone

from appeals.models import Appeal, Category
from appeals.registration import register
from cadres.models import Cadre, Department, Region
from cadres.roles import Role
from enterprises.models import Assignment, Campaign, Contact, Enterprise, OperatingStatus
from enterprises.rules.credit_code import check_character
from workflow.worktime import BEIJING

TODAY = date(2026, 11, 18)  # an ordinary Wednesday


def credit_code(number: int) -> str:
    """A valid credit code of the made-up region 990102."""
    first = f"91990102MA{number:07d}"
    return first + check_character(first)


class RegionFactory(factory.django.DjangoModelFactory[Region]):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "990100000000"
    name = "澜川市"
    kind = Region.Kind.CITY
    parent = None


def city() -> Region:
    return RegionFactory.create()


def district(number: int = 2, name: str = "") -> Region:
    return RegionFactory.create(
        code=f"9901{number:02d}000000", name=name or f"第{number}区", kind=Region.Kind.DISTRICT, parent=city()
    )


def town(of: Region, number: int = 1) -> Region:
    code = f"{of.code[:6]}{number:03d}000"
    return RegionFactory.create(code=code, name=f"{of.name}{number}街道", kind=Region.Kind.TOWN, parent=of)


class DepartmentFactory(factory.django.DjangoModelFactory[Department]):
    class Meta:
        model = Department
        django_get_or_create = ("region", "name")

    region = factory.LazyFunction(city)
    name = factory.Sequence(lambda n: f"市第{n}局")


class CadreFactory(factory.django.DjangoModelFactory[Cadre]):
    class Meta:
        model = Cadre
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"cadre{n}")
    name = factory.Sequence(lambda n: f"干部{n}")
    department = factory.SubFactory(DepartmentFactory)
    password = "!"

    @factory.post_generation
    def roles(self, create: bool, extracted: tuple[Role, ...] | None, **kwargs: Any) -> None:
        self.groups.set(Group.objects.filter(name__in=[role.value for role in extracted or ()]))


def cadre(*roles: Role, region: Region | None = None, department: Department | None = None, **fields: Any) -> Cadre:
    """A cadre of the department, or of a new one in the region."""
    unit = department or DepartmentFactory.create(region=region or city())
    return CadreFactory.create(department=unit, roles=roles, **fields)


class EnterpriseFactory(factory.django.DjangoModelFactory[Enterprise]):
    class Meta:
        model = Enterprise

    name = factory.Sequence(lambda n: f"澜川第{n}制造有限公司")
    credit_code = factory.Sequence(credit_code)
    region = factory.LazyFunction(district)
    category = Enterprise.Category.INDUSTRY_ABOVE


def contact(enterprise: Enterprise, name: str = "何文娟", phone: str = "13812345678", **fields: Any) -> Contact:
    """The enterprise's main contact, unless is_main says no."""
    return Contact.objects.create(enterprise=enterprise, name=name, phone=phone, **{"is_main": True, **fields})


class CampaignFactory(factory.django.DjangoModelFactory[Campaign]):
    class Meta:
        model = Campaign
        django_get_or_create = ("name",)
        skip_postgeneration_save = True

    name = "千人入千企"
    starts_on = date(2026, 9, 1)

    @factory.post_generation
    def regions(self, create: bool, extracted: list[Region] | None, **kwargs: Any) -> None:
        self.regions.set(extracted or [city()])


def assign(cadre: Cadre, enterprise: Enterprise, campaign: Campaign | None = None, **fields: Any) -> Assignment:
    return Assignment.objects.create(
        campaign=campaign or CampaignFactory.create(),
        enterprise=enterprise,
        cadre=cadre,
        starts_on=fields.pop("starts_on", date(2026, 9, 1)),
        assigned_at=timezone.now(),
        **fields,
    )


def appeal(
    enterprise: Enterprise | None = None, by: Cadre | None = None, now: datetime | None = None, **fields: Any
) -> Appeal:
    """A submitted appeal (待受理), or a draft with submit=False."""
    enterprise = enterprise or EnterpriseFactory.create()
    if by is None:
        by = cadre(Role.SPECIALIST, region=enterprise.region)
        assign(by, enterprise)
    values: dict[str, Any] = {
        "title": "外地员工无法返岗",
        "description": "外省46名钻修技工没有直达班车，无法按时返岗。",
        "category": Category.objects.order_by("position").first(),
    }
    return register(enterprise, by=by, now=now or timezone.now(), **(values | fields))


def status(enterprise: Enterprise, day: date, state: str = "full", **fields: Any) -> OperatingStatus:
    """What was reported of a day, on that day at ten, or just now where that is still to come."""
    return OperatingStatus.objects.create(
        enterprise=enterprise,
        day=day,
        state=state,
        source=fields.pop("source", OperatingStatus.Source.OFFICE),
        reported_at=fields.pop("reported_at", min(datetime.combine(day, time(10), tzinfo=BEIJING), timezone.now())),
        **fields,
    )
