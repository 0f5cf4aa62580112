"""Assignments, known by campaign and enterprise. A change of people ends the old row on the day the new one begins."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from cadres import audience, notices
from cadres.models import Cadre, Outbox
from cadres.roles import Role
from enterprises.models import Assignment, Campaign
from reports.imports import cells
from reports.imports.kinds.columns import CREDIT_CODE, ENTERPRISE_NAME, EnterpriseFinder, locked
from reports.imports.rows import Change, Decision, Seen, Verdict

if TYPE_CHECKING:
    from datetime import date

    from enterprises.models import Enterprise
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

CAMPAIGN: Final = cells.text("专项行动", "campaign", 80, required=True, listed="专项行动")
LEADER: Final = cells.text("包联领导用户名", "leader", 60, hint="不填则保持原有的包联领导", listed="包联领导")
SPECIALIST: Final = cells.text("专员用户名", "specialist", 60, required=True, listed="专员")
START: Final = cells.day("起始日期", "starts_on", required=True, hint="如 2026-11-20")

# The role in the team, the column that names who takes it, and the role that cadre must hold to be of use there.
PLACES: Final = (
    (Assignment.Role.SPECIALIST, SPECIALIST, Role.SPECIALIST),
    (Assignment.Role.LEADER, LEADER, Role.TEAM_LEADER),
)
REASON: Final = "导入调整"
NAMED_AT_MOST: Final = 5

Pair = tuple[int, int]  # campaign and enterprise


@dataclass
class Moves:
    """What a row does to the assignments of its enterprise: rows to change first, then rows to add."""

    changed: list[Assignment] = field(default_factory=list)
    added: list[Assignment] = field(default_factory=list)
    told: list[Change] = field(default_factory=list)


class Assignments:
    columns: ClassVar[tuple[Column, ...]] = (CAMPAIGN, CREDIT_CODE, ENTERPRISE_NAME, LEADER, SPECIALIST, START)
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._seen = Seen()
        campaigns = Campaign.objects.prefetch_related("regions")
        if situation.cadre is not None:
            campaigns = campaigns.visible_to(situation.cadre)
        self._campaigns = {campaign.name: campaign for campaign in campaigns}
        self._cadres: dict[str, Cadre] = {}
        self._stored: dict[Pair, list[Assignment]] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        finder = EnterpriseFinder(rows, self._situation)
        enterprises = {row.number: finder.find(row) for row in rows}
        self._fetch(rows, [enterprise for enterprise in enterprises.values() if enterprise])
        decisions = [self._decide(row, enterprises[row.number]) for row in rows]
        return [decision for decision in decisions if decision is not None]

    def _fetch(self, rows: list[Row], enterprises: list[Enterprise]) -> None:
        usernames = {row.values.get(column.name) for row in rows for _, column, _ in PLACES} - {None, ""}
        cadres = Cadre.objects.active().filter(username__in=usernames).select_related("department__region")
        self._cadres = {cadre.username: cadre for cadre in cadres.prefetch_related("groups")}
        wanted = [place for place, _, _ in PLACES]
        assignments = Assignment.objects.filter(enterprise__in=enterprises, role__in=wanted)
        stored = defaultdict(list)
        for assignment in locked(assignments.select_related("cadre", "enterprise"), self._situation):
            stored[assignment.campaign_id, assignment.enterprise_id].append(assignment)
        self._stored = stored

    def _decide(self, row: Row, enterprise: Enterprise | None) -> Decision | None:
        campaign, start = self._campaign(row), row.values.get("starts_on")
        if campaign and enterprise and not _reaches(campaign, enterprise):
            row.refuse(CAMPAIGN, f"{enterprise.region.name}不在“{campaign.name}”的区域内")
        people = {place: self._person(row, column, role) for place, column, role in PLACES}
        if campaign and enterprise and (first := self._seen.before((campaign.pk, enterprise.pk), row)):
            row.refuse(CREDIT_CODE, f"{enterprise.name[:60]}在“{campaign.name}”里与第 {first} 行重复")
        if not row.is_good() or campaign is None or enterprise is None or start is None:
            return None
        stored = self._stored.get((campaign.pk, enterprise.pk), [])
        moves = Moves()
        for place, column, _ in PLACES:
            if person := people[place]:
                empty = self._row_for(campaign, enterprise, person, place, start)
                _arrange(row, column, moves, empty, [each for each in stored if each.role == place])
        if not row.is_good():
            return None
        is_new = not any(each.role == Assignment.Role.SPECIALIST for each in stored)
        verdict = Verdict.ADDED if is_new else Verdict.UPDATED if moves.told else Verdict.UNCHANGED
        return Decision(row, verdict, f"{enterprise.name}（{campaign.name}）", moves.told, moves)

    def _campaign(self, row: Row) -> Campaign | None:
        name, start = row.values.get("campaign"), row.values.get("starts_on")
        if name is None:
            return None
        campaign = self._campaigns.get(name)
        if campaign is None:
            row.refuse(CAMPAIGN, f"你的管辖范围内没有名为“{name}”的专项行动")
        elif start and start < campaign.starts_on:
            row.refuse(START, f"早于专项行动的起始日期 {campaign.starts_on}")
        elif start and campaign.ends_on and start > campaign.ends_on:
            row.refuse(START, f"晚于专项行动的终止日期 {campaign.ends_on}")
        return campaign

    def _person(self, row: Row, column: Column, role: Role) -> Cadre | None:
        """Somebody active of the importer's scope who holds the role."""
        username = row.values.get(column.name)
        if not username:
            return None
        cadre = self._cadres.get(username)
        if cadre is None or not self._situation.may_write(cadre.region.path if cadre.region else ""):
            row.refuse(column, f"没有用户名为“{username}”的干部，或不在你的管辖范围内")
        elif not cadre.holds(role):
            row.refuse(column, f"{cadre.name}没有“{role.label}”角色，请先在干部表里加上")
        return cadre

    def _row_for(
        self, campaign: Campaign, enterprise: Enterprise, cadre: Cadre, place: Assignment.Role, start: date
    ) -> Assignment:
        return Assignment(
            campaign=campaign,
            enterprise=enterprise,
            cadre=cadre,
            role=place,
            starts_on=start,
            assigned_by=self._situation.cadre,
            assigned_at=self._situation.now,
        )

    def write(self, decisions: list[Decision]) -> None:
        """Ends first, so that nobody's successor meets them."""
        changed = [row for each in decisions for row in each.record.changed]
        ended = [row for row in changed if row.ends_on is not None]
        Assignment.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=["starts_on", "ends_on", "reason"]
        )
        added = Assignment.objects.bulk_create([row for each in decisions for row in each.record.added])
        notices.write(self._notices(added, "begun") + self._notices(ended, "ended"))

    def _notices(self, rows: list[Assignment], what: str) -> list[Outbox]:
        """One notice per person, however many enterprises it is about."""
        by_cadre: dict[int, list[Assignment]] = defaultdict(list)
        for row in rows:
            by_cadre[row.cadre_id].append(row)
        return [
            Outbox(
                key=f"assignment:{rows[0].pk}:{what}",
                subject=f"{'请你包联' if what == 'begun' else '你不再包联'}{_some(rows)}",
                body="、".join(f"{row.enterprise}（{row.get_role_display()}）" for row in rows[:NAMED_AT_MOST]),
                url=rows[0].enterprise.get_absolute_url() if len(rows) == 1 and what == "begun" else "",
                audience=[audience.cadre(cadre)],
                actor=self._situation.cadre,
                created_at=self._situation.now,
            )
            for cadre, rows in by_cadre.items()
        ]

    def remarks(self, added: int) -> list[str]:
        return []


def _some(rows: list[Assignment]) -> str:
    return rows[0].enterprise.name[:60] if len(rows) == 1 else f" {len(rows)} 家企业"


def _reaches(campaign: Campaign, enterprise: Enterprise) -> bool:
    return any(enterprise.region_path.startswith(region.path) for region in campaign.regions.all())


def _arrange(row: Row, column: Column, moves: Moves, wanted: Assignment, stored: list[Assignment]) -> None:
    """Let `wanted` follow whoever has its place, whose row ends on the day on which the new one begins.

    A specialist who goes on from a later day gets a second row, and from an earlier day a longer first one, for history
    is never shortened; a team leader who leads already just goes on.
    """
    start = wanted.starts_on
    own = [each for each in stored if each.cadre_id == wanted.cadre_id]
    current = next((each for each in own if each.ends_on is None), None)
    if current and (wanted.role == Assignment.Role.LEADER or any(each.starts_on == start for each in own)):
        return
    last = current or max(stored, key=lambda each: (each.starts_on, each.pk), default=None)
    if last is None or (last.ends_on is not None and last.ends_on <= start):
        moves.added.append(wanted)
        moves.told.append(_change(column, None, wanted))
    elif start >= last.starts_on:
        moves.told.append(_change(column, last, wanted))
        last.ends_on, last.reason = start, REASON
        moves.changed.append(last)
        moves.added.append(wanted)
    elif last is current:
        _begin_earlier(row, moves, last, start, stored)
    else:
        row.refuse(
            START, f"早于{last.get_role_display()}{last.cadre.name}的起始日期 {last.starts_on}，请改为其后的日期"
        )


def _begin_earlier(row: Row, moves: Moves, current: Assignment, start: date, stored: list[Assignment]) -> None:
    if any(each is not current and each.ends_on and each.ends_on > start for each in stored):
        row.refuse(START, f"{start} 与以前的包联重叠，请改为其后的日期")
        return
    moves.told.append(Change(START.header, str(current.starts_on), str(start)))
    current.starts_on = start
    moves.changed.append(current)


def _change(column: Column, before: Assignment | None, after: Assignment) -> Change:
    return Change(
        column.header.removesuffix("用户名"),
        f"{before.cadre.name}（{before.starts_on} 起）" if before else "—",
        f"{after.cadre.name}（{after.starts_on} 起）",
    )
