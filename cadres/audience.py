"""Who a notice goes to, said by role or person when it is written and looked up when it is delivered.

A role that nobody holds in a region falls to the same role one region up; a department without a handler falls to its
head, then to the office of its region, so that no notice goes to nobody while somebody could act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from cadres.models import Cadre, Department, Region
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable


class Target(TypedDict, total=False):
    """One part of an audience: a cadre, or a role in a department or region, or a department's own officers."""

    cadre: int
    role: str
    department: int
    region: int
    leader_in_charge: int
    duty_officer: int


def cadre(pk: int) -> Target:
    return {"cadre": pk}


def cadre_of_department(pk: int, role: Role, department: int) -> Target:
    """A cadre, or the department's holders of the role where the cadre has left it or the service."""
    return {"cadre": pk, "role": role.value, "department": department}


def of_department(role: Role, department: int) -> Target:
    return {"role": role.value, "department": department}


def of_region(role: Role, region: int) -> Target:
    return {"role": role.value, "region": region}


def leader_in_charge(department: int) -> Target:
    return {"leader_in_charge": department}


def duty_officer(department: int) -> Target:
    return {"duty_officer": department}


def resolve(audience: list[Target]) -> set[int]:
    """Primary keys of the active cadres that an audience means today."""
    return resolve_all([audience])[0]


def resolve_all(audiences: Iterable[list[Target]]) -> list[set[int]]:
    """As resolve() of each. What many of them name, such as one department's handlers, is looked up once."""
    known: dict[tuple[tuple[str, Any], ...], set[int]] = {}

    def members(target: Target) -> set[int]:
        key = tuple(sorted(target.items()))
        if key not in known:
            known[key] = _members(target)
        return known[key]

    return [set().union(*map(members, audience)) for audience in audiences]


def holders(role: Role, region: Region) -> set[int]:
    """Who holds a regional role for a region, looking upwards until somebody does."""
    here: Region | None = region
    while here is not None:
        found = set(Cadre.objects.holding(role).filter(department__region=here).values_list("pk", flat=True))
        if found:
            return found
        here = here.parent
    return set()


def _members(target: Target) -> set[int]:
    if "cadre" in target:
        return _one(target)
    if "leader_in_charge" in target:
        return _officer(target["leader_in_charge"], "leader_in_charge", Role.HEAD)
    if "duty_officer" in target:
        return _officer(target["duty_officer"], "duty_officer", Role.HANDLER)
    if "department" in target:
        return _of_department(Role(target["role"]), target["department"])
    region = Region.objects.filter(pk=target["region"]).first()
    return holders(Role(target["role"]), region) if region else set()


def _one(target: Target) -> set[int]:
    if "department" not in target:
        return set(Cadre.objects.active().filter(pk=target["cadre"]).values_list("pk", flat=True))
    there = Cadre.objects.active().filter(pk=target["cadre"], department=target["department"])
    return set(there.values_list("pk", flat=True)) or _of_department(Role(target["role"]), target["department"])


def _officer(department: int, officer: str, instead: Role) -> set[int]:
    found = set(
        Cadre.objects.active()
        .filter(pk__in=Department.objects.filter(pk=department).values(officer))
        .values_list("pk", flat=True)
    )
    return found or _of_department(instead, department)


def _of_department(role: Role, department: int) -> set[int]:
    for wanted in dict.fromkeys((role, Role.HEAD)):
        found = set(Cadre.objects.holding(wanted).filter(department=department).values_list("pk", flat=True))
        if found:
            return found
    home = Region.objects.filter(departments=department).first()
    return holders(Role.OFFICE, home) if home else set()
