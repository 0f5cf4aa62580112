"""Visits by the hundred thousand: one that raised each appeal, and the latest of every enterprise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres import copying
from enterprises.models import Enterprise
from policies.models import Policy
from reports.demo.bulk import sql
from reports.demo.bulk.cases import number_rows
from reports.demo.rounds import SUMMARIES
from visits.models import Visit
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from datetime import datetime

TITLES: Final = ("厂长", "办公室主任", "副总经理")
EXPLAINED_SHARE: Final = 0.3
LATEST: Final = 90  # days within which the visits lie that raised no appeal
MANNERS: Final = "(ARRAY['on_site', 'on_site', 'phone'])"


class Rounds:
    def __init__(self, seed: int, now: datetime) -> None:
        self.salt, self.now, self.today = seed % 1_000_000 * 100 + 50, now, timezone.localdate(now)

    def build(self, count: int) -> None:
        self._choose(count)
        number_rows("bulk_visit", "'ZF' || left(split_part(region_path, '/', 2), 6) || to_char(day, 'YYYYMMDD')")
        self._write()
        self._tell()
        self._remember_contact()

    def _choose(self, count: int) -> None:
        """In the order of days, as their keys. What is visited today has been visited by now."""
        calendar = load_calendar()
        days = (self.today - timedelta(days=back) for back in range(LATEST, 0, -1))
        worked = [day for day in days if calendar.is_working_day(day)]
        sql.run("CREATE TEMP TABLE worked (number int PRIMARY KEY, day date) ON COMMIT DROP")
        copying.copy_in("worked", ("number", "day"), enumerate(worked))
        sequence = f"pg_get_serial_sequence('{Visit._meta.db_table}', 'id')"
        key = "(SELECT count(*) FROM bulk_case) + n"
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_visit ON COMMIT DROP AS
            SELECT nextval({sequence}) AS id, chosen.*, NULL::text AS number FROM (
                SELECT (new.submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, new.enterprise, new.region_path,
                    new.specialist, new.contact, new.id AS appeal, new.submitted_at AS at, new.n AS key
                FROM bulk_case new
                UNION ALL
                SELECT grown.contacted_on, id, region_path, specialist, contact, NULL, NULL, -place - 1
                FROM grown WHERE contacted_on < '{self.today}'
                UNION ALL
                SELECT worked.day, grown.id, grown.region_path, grown.specialist, grown.contact, NULL, NULL, {key}
                FROM generate_series(1, greatest({count} - (SELECT count(*) FROM bulk_case)
                    - (SELECT count(*) FROM grown WHERE contacted_on < '{self.today}'), 0)) n
                JOIN grown ON grown.place = floor({sql.draw("n", self.salt)} * (SELECT count(*) FROM grown))
                JOIN worked ON worked.number = floor({sql.draw("n", self.salt + 1)} * {len(worked)})
                WHERE worked.day < grown.contacted_on
                ORDER BY day, at, key
            ) chosen
            """
        )
        sql.analyse("bulk_visit")

    def _write(self) -> None:
        hour = f"(9 + floor(8 * {sql.draw('one.key', self.salt + 2)}))"
        on_the_day = f"(one.day + {hour} * interval '1 hour') AT TIME ZONE 'Asia/Shanghai'"
        begun = f"coalesce(one.at - interval '40 minutes', {on_the_day})"
        arrived = f"({begun} AT TIME ZONE 'Asia/Shanghai')::time(0)"
        values = {
            "id": "one.id",
            "client_id": f"md5('{self.salt}:' || one.key)::uuid",
            "number": "one.number",
            "cadre_id": "one.specialist",
            "entered_by_id": "one.specialist",
            "enterprise_id": "one.enterprise",
            "region_path": "one.region_path",
            "visited_on": "one.day",
            "arrived_at": f"CASE WHEN {arrived} < '23:00' THEN {arrived} END",
            "left_at": f"CASE WHEN {arrived} < '23:00' THEN {arrived} + interval '35 minutes' END",
            "manner": f"{MANNERS}[1 + floor(3 * {sql.draw('one.key', self.salt + 3)})]",
            "receiver_name": "one.contact",
            "receiver_title": _one_of(TITLES, sql.draw("one.key", self.salt + 4)),
            "summary": _one_of(SUMMARIES, sql.draw("one.key", self.salt + 5)),
            "begun_at": begun,
            "logged_at": f"{begun} + interval '40 minutes'",
        }
        sql.insert(Visit, values, "FROM bulk_visit one ORDER BY one.id")
        sql.analyse(Visit)

    def _tell(self) -> None:
        """Which visit raised which appeal, and which explained a policy."""
        raised = "FROM bulk_visit WHERE appeal IS NOT NULL ORDER BY id"
        sql.insert(Visit.appeals.through, {"visit_id": "id", "appeal_id": "appeal"}, raised)
        keys = list(Policy.objects.order_by("pk").values_list("pk", flat=True))
        policy = f"(ARRAY{keys})[1 + floor({len(keys)} * {sql.draw('key', self.salt + 6)})]"
        some = f"FROM bulk_visit WHERE {sql.draw('key', self.salt + 7)} < {EXPLAINED_SHARE} ORDER BY id"
        sql.insert(Visit.policies.through, {"visit_id": "id", "policy_id": policy}, some)

    def _remember_contact(self) -> None:
        sql.run(
            f"""
            UPDATE {Enterprise._meta.db_table} enterprise SET last_contact_on = latest.day
            FROM (SELECT enterprise, max(day) AS day FROM bulk_visit GROUP BY enterprise) latest
            WHERE latest.enterprise = enterprise.id AND enterprise.last_contact_on IS DISTINCT FROM latest.day
            """
        )


def _one_of(words: tuple[str, ...], drawn: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"(ARRAY[{listed}])[1 + floor({len(words)} * {drawn})]"
