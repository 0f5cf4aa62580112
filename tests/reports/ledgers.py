"""Ledgers for tests: made in the test's own transaction, and read back."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
from django.contrib.auth.models import Group, Permission
from openpyxl.worksheet.worksheet import Worksheet

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Contact, Enterprise
from reports.ledgers import making
from reports.ledgers.making import Made
from tests.factories import DepartmentFactory, EnterpriseFactory, cadre, city, district, town
from tests.reports.karamay import DAY, at
from visits.models import Visit

NOW = at(16)


def make(kind: str, folder: Path, by: Cadre, query: str = "", now: datetime = NOW) -> tuple[Made, Worksheet]:
    path = folder / f"{kind}.xlsx"
    made = making.make(kind, query, path, by=by, now=now)
    return made, openpyxl.load_workbook(path).worksheets[0]


def headers(sheet: Worksheet) -> list[Any]:
    return [cell.value for cell in sheet[3]]


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows below the header, each by its headers; a day is a day."""
    names = headers(sheet)
    found = sheet.iter_rows(min_row=4, values_only=True)
    return [{name: _plain(value) for name, value in zip(names, values, strict=True)} for values in found]


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) and value.time() == time() else value


def office_of_the_city() -> Cadre:
    unit = DepartmentFactory.create(region=city(), name="市助企办")
    return cadre(Role.OFFICE, department=unit, name="李强")


def company_in_a_town() -> Enterprise:
    found = EnterpriseFactory.create(
        name="澜川钻修有限公司", region=town(district(2, "澜北区")), industry="C35", size="small", size_entered=True
    )
    Contact.objects.create(enterprise=found, name="张建国", phone="13800001234", is_main=True)
    return found


def visit(by: Cadre, enterprise: Enterprise, **fields) -> Visit:
    values = {"visited_on": DAY, "begun_at": at(9), "logged_at": at(11), "receiver_name": "", **fields}
    return Visit.objects.create(
        client_id=uuid4(),
        number=f"ZF-{Visit.objects.count() + 1}",
        cadre=by,
        entered_by=by,
        enterprise=enterprise,
        region_path=enterprise.region_path,
        **values,
    )


def hide_personal_data() -> None:
    Group.objects.get(name=Role.OFFICE).permissions.remove(Permission.objects.get(codename="unmask_contact"))
