"""What can be imported, by the name of its template in `contract.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.imports.kinds.appeals import Appeals
from reports.imports.kinds.assignments import Assignments
from reports.imports.kinds.cadres import Cadres
from reports.imports.kinds.departments import Departments
from reports.imports.kinds.electricity import Electricity
from reports.imports.kinds.enterprises import Enterprises
from reports.imports.kinds.fulfilments import Fulfilments
from reports.imports.kinds.operating_status import OperatingStatuses
from reports.imports.kinds.payments import Payments
from reports.imports.kinds.policies import Policies
from reports.imports.kinds.regions import Regions
from reports.models import ImportJob

if TYPE_CHECKING:
    from reports.imports.rows import Kind


def kind_named(name: str) -> type[Kind]:
    return _KINDS[ImportJob.Kind(name)]


_KINDS: dict[ImportJob.Kind, type[Kind]] = {
    ImportJob.Kind.REGIONS: Regions,
    ImportJob.Kind.DEPARTMENTS: Departments,
    ImportJob.Kind.CADRES: Cadres,
    ImportJob.Kind.ENTERPRISES: Enterprises,
    ImportJob.Kind.ASSIGNMENTS: Assignments,
    ImportJob.Kind.OPERATING_STATUS: OperatingStatuses,
    ImportJob.Kind.ELECTRICITY: Electricity,
    ImportJob.Kind.APPEALS: Appeals,
    ImportJob.Kind.POLICIES: Policies,
    ImportJob.Kind.FULFILMENTS: Fulfilments,
    ImportJob.Kind.PAYMENTS: Payments,
}
