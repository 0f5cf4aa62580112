"""Everybody who works in a large city, and who stands in for whom of the small one.

In every district each bureau has a head and, at each of its desks, two handlers; a copy of a case goes to one desk.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from cadres import copying
from cadres.models import Cadre, Department, Region
from cadres.roles import Role
from cadres.search import initials
from reports.demo.bulk import sql
from reports.demo.people import BUREAUS, HANDLERS_PER_BUREAU, Casting

if TYPE_CHECKING:
    from collections.abc import Iterator

DESKS: Final = 2
LEADERS_PER_HUNDRED: Final = 2
UNITS_OF_SPECIALISTS: Final = ("工信局", "商务局", "发改委", "市场监管局", "农业农村局")


class Crowd(NamedTuple):
    """Who answers for enterprises, by district."""

    specialists: dict[int, list[Cadre]]
    leaders: list[Cadre]


class Crowding:
    def __init__(self, casting: Casting, districts: list[Region]) -> None:
        self.casting, self.districts = casting, districts
        self.made: list[tuple[Cadre, Role]] = []
        self.number = Cadre.objects.count()
        units = Department.objects.filter(region__in=districts)
        self.units = {(unit.region_id, unit.name): unit for unit in units}

    def build(self, cadres: int) -> Crowd:
        for district in self.districts:
            self._officials(district)
        wanted = max(cadres - self.number, 2 * len(self.districts))
        leading = wanted * LEADERS_PER_HUNDRED // 100 or 1
        leaders = [
            self._of(self.districts[n % len(self.districts)], "工信局", Role.TEAM_LEADER) for n in range(leading)
        ]
        specialists = self._specialists(wanted - leading)
        Cadre.objects.bulk_create(cadre for cadre, _ in self.made)
        Cadre.groups.through.objects.bulk_create(
            Cadre.groups.through(cadre=cadre, group=self.casting.groups[role]) for cadre, role in self.made
        )
        self._lead_departments()
        self._stand_in()
        return Crowd(specialists, leaders)

    def _officials(self, district: Region) -> None:
        for bureau in BUREAUS:
            self._of(district, bureau, Role.HEAD)
            for _ in range(DESKS * HANDLERS_PER_BUREAU):
                self._of(district, bureau, Role.HANDLER)
        for unit, role in (("助企办", Role.OFFICE), ("督查室", Role.SUPERVISOR)):
            for _ in range(DESKS):
                self._of(district, unit, role)

    def _specialists(self, count: int) -> dict[int, list[Cadre]]:
        """The two named ones go on answering for enterprises of their districts."""
        found: defaultdict[int, list[Cadre]] = defaultdict(list)
        for named in Cadre.objects.filter(username__in=("specialist", "specialist2")).select_related("department"):
            if named.department:
                found[named.department.region_id].append(named)
        for number in range(count):
            district = self.districts[number % len(self.districts)]
            unit = UNITS_OF_SPECIALISTS[number % len(UNITS_OF_SPECIALISTS)]
            found[district.pk].append(self._of(district, unit, Role.SPECIALIST))
        return found

    def _of(self, district: Region, unit: str, role: Role) -> Cadre:
        self.number += 1
        name = self.casting.name()
        cadre = Cadre(
            username=f"cadre{self.number:06d}",
            name=name,
            initials=initials(name, person=True),
            phone=self.casting.phone(),
            title="科员" if role == Role.SPECIALIST else role.label,
            department=self.units[district.pk, district.name + unit],
            password=self.casting.password,
        )
        self.made.append((cadre, role))
        return cadre

    def _lead_departments(self) -> None:
        """A leader in charge and a duty officer for each district bureau."""
        leader = Cadre.objects.get(username="leader")
        first: dict[int, Cadre] = {}
        for cadre, role in self.made:
            if role == Role.HANDLER and cadre.department_id:
                first.setdefault(cadre.department_id, cadre)
        changed = [unit for unit in self.units.values() if unit.pk in first]
        for unit in changed:
            unit.leader_in_charge, unit.duty_officer = leader, first[unit.pk]
        Department.objects.bulk_update(changed, ["leader_in_charge", "duty_officer"])

    def _stand_in(self) -> None:
        """Two tables for the copies: by seat, who and which unit takes the place of whom and which of the small city.

        Every district has a seat at the city, which hands nothing down but what is the district's own, and one for each
        desk. A cadre without a row is a specialist, whose place the enterprise's own takes.
        """
        sql.run(
            "CREATE TEMP TABLE stand_in (seat int, old bigint, cadre bigint, name text, PRIMARY KEY (seat, old))"
            " ON COMMIT DROP"
        )
        sql.run("CREATE TEMP TABLE unit_in (seat int, old bigint, unit bigint, PRIMARY KEY (seat, old)) ON COMMIT DROP")
        there: defaultdict[tuple[int, Role], list[Cadre]] = defaultdict(list)
        for cadre, role in self.made:
            there[cadre.department_id or 0, role].append(cadre)
        units, people = self._small_city()
        seats: list[tuple[int, int, int, str]] = []
        places: list[tuple[int, int, int]] = []
        for seat, district, desk in self._seats():
            taken = {unit.pk: self._taken(unit, district, at_the_city=desk is None) for unit in units}
            places += [(seat, *pair) for pair in taken.items()]
            for old, role, place in people:
                unit = taken[old.department_id or 0]
                staff = there[unit, role] if unit != old.department_id else []
                new = staff[((desk or 0) * HANDLERS_PER_BUREAU + place) % len(staff)] if staff else old
                seats.append((seat, old.pk, new.pk, new.name))
        copying.copy_in("unit_in", ("seat", "old", "unit"), places)
        copying.copy_in("stand_in", ("seat", "old", "cadre", "name"), seats)
        sql.analyse("stand_in", "unit_in", Cadre, Department)

    def _seats(self) -> Iterator[tuple[int, Region, int | None]]:
        """The number of each seat, its district, and which desk it is there; None is at the city."""
        for number, district in enumerate(self.districts):
            yield number * (DESKS + 1), district, None
            for desk in range(DESKS):
                yield number * (DESKS + 1) + 1 + desk, district, desk

    def _taken(self, unit: Department, district: Region, *, at_the_city: bool) -> int:
        """The unit that takes this one's place; itself where the district has no such unit."""
        if unit.region.kind == Region.Kind.CITY:
            name = "" if at_the_city else unit.name.removeprefix("市")
        else:
            name = unit.name.removeprefix(unit.region.name)
        found = self.units.get((district.pk, district.name + name))
        return found.pk if found else unit.pk

    def _small_city(self) -> tuple[list[Department], list[tuple[Cadre, Role, int]]]:
        """Its units, and everybody but the specialists with their role and place among the unit's holders of it."""
        known = Cadre.objects.exclude(pk__gte=min(cadre.pk for cadre, _ in self.made))
        people: list[tuple[Cadre, Role, int]] = []
        counted: defaultdict[tuple[int, Role], int] = defaultdict(int)
        for cadre in known.exclude(department=None).prefetch_related("groups").order_by("pk"):
            role = next(iter(sorted(cadre.roles)), None)
            if role is not None and role != Role.SPECIALIST:
                key = (cadre.department_id or 0, role)
                people.append((cadre, role, counted[key]))
                counted[key] += 1
        units = Department.objects.filter(pk__in=known.values("department")).select_related("region")
        offices = Department.objects.filter(handles_appeals=True, region__kind=Region.Kind.CITY)
        return list((units | offices.select_related("region")).order_by("pk")), people
