"""Appeals by the hundred thousand: copies of those that the small city's people brought to where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appeals.models import Appeal, Escalation, Event, Opinion, Order, Round
from appeals.workflow import FINAL, OPEN
from cadres import copying
from cadres.models import Cadre, Department, Message, Outbox
from enterprises.models import Access
from reports.demo.bulk import sql
from reports.demo.bulk.people import DESKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.db import models

OPEN_SHARE: Final = 0.17
LATE_WEIGHT: Final = 3  # of ten: there are fewer late ones in a large city than the small one has to show
SLOTS: Final = 10_000
AT_THE_CITY: Final = 0.12  # of all cases are handled by the city's own departments
WEEKS: Final = 51
READ_SHARE: Final = 0.7
ENDED: Final = ", ".join(f"'{status.value}'" for status in sorted(FINAL))


class Cases:
    def __init__(self, seed: int, now: datetime) -> None:
        self.salt, self.now = seed % 1_000_000 * 100, now

    def build(self, count: int) -> None:
        self._choose_templates()
        self._choose_cases(count)
        self._number("bulk_case", "SQ", Appeal)
        self._copy_appeals()
        self._copy_orders()
        self._copy_history()
        self._copy_notices()

    def _choose_templates(self) -> None:
        """What can stand for many: nothing that belongs to one enterprise or one person alone; each with its slots."""
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_life ON COMMIT DROP AS
            SELECT life.id, life.status IN ({ENDED}) AS ended, life.level, contact.name AS contact
            FROM appeals_appeal life
            LEFT JOIN enterprises_contact contact ON contact.enterprise_id = life.enterprise_id AND contact.is_main
            WHERE life.fulfilment_id IS NULL AND life.number IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM enterprises_relocation moved WHERE moved.enterprise_id = life.enterprise_id)
              AND NOT EXISTS (SELECT 1 FROM appeals_referral lead WHERE lead.appeal_id = life.id)
              AND NOT EXISTS (SELECT 1 FROM appeals_instruction said WHERE said.appeal_id = life.id)
              AND NOT EXISTS (SELECT 1 FROM appeals_event e WHERE e.appeal_id = life.id
                              AND (e.step = 'pass_on' OR e.actor_kind = 'link' OR e.on_behalf_of_id IS NOT NULL))
              AND NOT (life.status IN ({ENDED})
                       AND EXISTS (SELECT 1 FROM appeals_order o WHERE o.appeal_id = life.id))
            """
        )
        lives = sql.rows("SELECT id, ended, level FROM bulk_life ORDER BY id")
        weights = {pk: (10 if level < 2 else LATE_WEIGHT) for pk, _, level in lives}
        slots: list[tuple[int, bool, int]] = []
        for ended in (True, False):
            mine = [pk for pk, is_ended, _ in lives if is_ended == ended]
            total, passed = sum(weights[pk] for pk in mine), 0
            for pk in mine:
                begin, passed = passed * SLOTS // total, passed + weights[pk]
                slots += [(slot, ended, pk) for slot in range(begin, passed * SLOTS // total)]
        sql.run("CREATE TEMP TABLE bulk_slot (slot int, ended bool, life bigint) ON COMMIT DROP")
        copying.copy_in("bulk_slot", ("slot", "ended", "life"), slots)
        sql.analyse("bulk_slot")

    def _choose_cases(self, count: int) -> None:
        """Which life, whose enterprise, at whose desk and how long ago; in the order in which they were submitted."""
        draw = [sql.draw("n", self.salt + salt) for salt in range(6)]
        sequence = f"pg_get_serial_sequence('{Appeal._meta.db_table}', 'id')"
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_case ON COMMIT DROP AS
            SELECT nextval({sequence}) AS id, chosen.*, NULL::text AS number
            FROM (
                SELECT drawn.life, drawn.shift, drawn.seat, drawn.titled, drawn.n, life.contact AS old_contact,
                    old.submitted_at - drawn.shift AS submitted_at, old.status,
                    grown.id AS enterprise, grown.region_id, grown.region_path, grown.specialist, grown.contact,
                    grown.brand, cadre.name AS specialist_name,
                    CASE WHEN mod(drawn.seat, {DESKS + 1}) = 0 THEN '市' ELSE district.name END AS prefix
                FROM (
                    SELECT n, slots.life, slots.ended, grown.place, {draw[4]} < 0.5 AS titled,
                        CASE WHEN slots.ended THEN floor({draw[2]} * {WEEKS}) * interval '7 days'
                             ELSE interval '0' END AS shift,
                        (grown.district * {DESKS + 1} + CASE WHEN {draw[3]} < {AT_THE_CITY} THEN 0
                             ELSE 1 + floor({draw[5]} * {DESKS}) END)::int AS seat
                    FROM generate_series(1, {count}) n
                    JOIN bulk_slot slots ON slots.slot = floor({draw[0]} * {SLOTS})
                        AND slots.ended = ({sql.draw("n", self.salt + 6)} >= {OPEN_SHARE})
                    JOIN grown ON grown.place = floor({draw[1]} * (SELECT count(*) FROM grown))
                ) AS drawn
                JOIN grown USING (place)
                JOIN bulk_life life ON life.id = drawn.life
                JOIN appeals_appeal old ON old.id = drawn.life
                JOIN cadres_cadre cadre ON cadre.id = grown.specialist
                JOIN cadres_region district ON district.path = regexp_replace(grown.region_path, '[0-9]+/$', '')
                ORDER BY submitted_at, n
            ) AS chosen
            """
        )
        sql.analyse("bulk_case")

    def _number(self, table: str, prefix: str, model: type[models.Model]) -> None:
        """Numbers as Counter.take() gives them: the district's six digits, the day, and the day's running number."""
        number_rows(table, f"'{prefix}' || left(split_part(region_path, '/', 2), 6) || {day_of('submitted_at')}")

    def _copy_appeals(self) -> None:
        values = {
            "id": "new.id",
            "client_id": "NULL",
            "number": "new.number",
            "title": "CASE WHEN new.titled THEN left(new.brand || old.title, 40) ELSE old.title END",
            "enterprise_id": "new.enterprise",
            "region_id": "new.region_id",
            "region_path": "new.region_path",
            "confirmed_by": "CASE WHEN old.confirmed_by = '' THEN '' ELSE new.contact END",
        }
        self._copy(Appeal, values, "old.id")
        sql.analyse(Appeal)
        self._copy(Appeal.co_departments.through, {"appeal_id": "new.id"}, "old.appeal_id")
        self._copy(Round, {"appeal_id": "new.id"}, "old.appeal_id")
        self._copy(Opinion, {"appeal_id": "new.id"}, "old.appeal_id")
        access = {"enterprise_id": "new.enterprise", "reason": "'appeal:' || new.id"}
        self._copy(Access, access, "substr(old.reason, 8)::bigint", where="starts_with(old.reason, 'appeal:')")

    def _copy_orders(self) -> None:
        """The rungs with keys of their own, since orders name them; the orders with new numbers."""
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_rung ON COMMIT DROP AS
            SELECT nextval(pg_get_serial_sequence('{Escalation._meta.db_table}', 'id')) AS id, chosen.*
            FROM (SELECT new.id AS appeal, old.id AS rung FROM appeals_escalation old
                  JOIN bulk_case new ON new.life = old.appeal_id ORDER BY new.id, old.id) chosen
            """
        )
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_order ON COMMIT DROP AS
            SELECT nextval(pg_get_serial_sequence('{Order._meta.db_table}', 'id')) AS id, chosen.*, NULL::text AS number
            FROM (SELECT new.id AS appeal, old.id AS old, old.number AS old_number, old.issued_at, new.region_path
                  FROM appeals_order old JOIN bulk_case new ON new.life = old.appeal_id
                  ORDER BY old.issued_at, new.id, old.id) chosen
            """
        )
        sql.analyse("bulk_rung", "bulk_order")
        number_rows("bulk_order", f"'DB' || left(split_part(region_path, '/', 2), 6) || {day_of('issued_at')}")
        rung = "JOIN bulk_rung rung ON rung.appeal = new.id AND rung.rung = old.id"
        self._copy(Escalation, {"id": "rung.id", "appeal_id": "new.id"}, "old.appeal_id", joins=rung)
        sql.analyse(Escalation)
        values = {
            "id": "one.id",
            "appeal_id": "new.id",
            "number": "one.number",
            "escalation_id": "rung.id",
            "follows_id": "followed.id",
            "client_id": "NULL",
            "issued_label": self._name_of("old.issued_by_id", "old.issued_label"),
        }
        joins = """
            JOIN bulk_order one ON one.appeal = new.id AND one.old = old.id
            LEFT JOIN bulk_order followed ON followed.appeal = new.id AND followed.old = old.follows_id
            LEFT JOIN bulk_rung rung ON rung.appeal = new.id AND rung.rung = old.escalation_id
            LEFT JOIN stand_in named ON named.seat = new.seat AND named.old = old.issued_by_id
        """
        self._copy(Order, values, "old.appeal_id", joins=joins)

    def _copy_history(self) -> None:
        """What an event says names departments, contacts and orders: those of the copy."""
        changes = """replace(replace(replace(old.changes::text, '"市', '"' || new.prefix), '、市', '、' || new.prefix),
            '"' || coalesce(nullif(new.old_contact, ''), '？') || '"', '"' || new.contact || '"')"""
        note = "old.note"
        for which in ("first", "second"):
            there = f"coalesce({which}.old_number, '？'), coalesce({which}.number, '')"
            changes, note = f"replace({changes}, {there})", f"replace({note}, {there})"
        values = {
            "appeal_id": "new.id",
            "actor_label": self._name_of("old.cadre_id", "old.actor_label"),
            "changes": f"({changes})::jsonb",
            "note": note,
        }
        joins = """
            LEFT JOIN stand_in named ON named.seat = new.seat AND named.old = old.cadre_id
            LEFT JOIN (SELECT appeal, min(old) AS one, nullif(max(old), min(old)) AS two
                       FROM bulk_order GROUP BY appeal) orders ON orders.appeal = new.id
            LEFT JOIN bulk_order first ON first.appeal = new.id AND first.old = orders.one
            LEFT JOIN bulk_order second ON second.appeal = new.id AND second.old = orders.two
        """
        self._copy(Event, values, "old.appeal_id", joins=joins, skip=("txid",))
        sql.analyse(Event)

    def _copy_notices(self) -> None:
        """In the inbox of those who have open cases: what was told last of each, read already by most."""
        sequence = f"pg_get_serial_sequence('{Outbox._meta.db_table}', 'id')"
        open_ones = ", ".join(f"'{status.value}'" for status in sorted(OPEN))
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_notice ON COMMIT DROP AS
            SELECT nextval({sequence}) AS id, chosen.* FROM (
                SELECT new.id AS appeal, last.notice FROM bulk_case new
                JOIN (SELECT split_part(url, '/', 3)::bigint AS life, max(id) AS notice FROM cadres_outbox
                      WHERE url ~ '^/appeals/[0-9]+/$' GROUP BY 1) last ON last.life = new.life
                WHERE new.status IN ({open_ones}) ORDER BY new.id
            ) chosen
            """
        )
        sql.analyse("bulk_notice")
        values = {
            "id": "notice.id",
            "key": "old.key || ':' || new.id",
            "subject": "old.subject",
            "body": "new.number || ' ' || enterprise.name",
            "url": "'/appeals/' || new.id || '/'",
            "audience": "'[]'::jsonb",
        }
        joins = "JOIN enterprises_enterprise enterprise ON enterprise.id = new.enterprise"
        notice = "JOIN bulk_notice notice ON notice.appeal = new.id AND notice.notice = old.id"
        self._copy(
            Outbox,
            values,
            "split_part(old.url, '/', 3)",
            joins=f"{joins} {notice}",
            where="old.url ~ '^/appeals/[0-9]+/$'",
        )
        values = {
            "outbox_id": "notice.id",
            "mail_id": "NULL",
            "mail_due_at": "NULL",
            "in_digest": "false",
            "read_at": f"CASE WHEN {sql.draw('notice.id - base.id', self.salt + 7)} < {READ_SHARE} THEN old.at END",
        }
        sql.clone(
            Message,
            {**values, **self._people(Message, values)},
            f"""
            FROM cadres_message old JOIN bulk_notice notice ON notice.notice = old.outbox_id
            JOIN bulk_case new ON new.id = notice.appeal
            CROSS JOIN (SELECT min(id) AS id FROM bulk_notice) base
            {self._joins(Message, values)}
            ORDER BY notice.id, old.id ON CONFLICT DO NOTHING
            """,
        )

    def _copy(
        self,
        model: type[models.Model],
        values: Mapping[str, str],
        life: str,
        *,
        joins: str = "",
        where: str = "true",
        order: str = "new.id, old.id",
        skip: Sequence[str] = (),
    ) -> None:
        source = f"""
            FROM {model._meta.db_table} old JOIN bulk_case new ON {life}::text = new.life::text
            {joins} {self._joins(model, values)} WHERE {where} ORDER BY {order}
        """
        sql.clone(model, {**values, **self._people(model, values)}, source, skip=skip, shift="new.shift")

    def _people(self, model: type[models.Model], values: Mapping[str, str]) -> dict[str, str]:
        """Who takes whose place in every key to a cadre or a department."""
        found = {}
        for column, target in _keys(model, values):
            place = f'"{column}_in"'
            if target is Department:
                found[column] = f'coalesce({place}.unit, old."{column}")'
            else:
                found[column] = (
                    f'CASE WHEN old."{column}" IS NULL THEN NULL ELSE coalesce({place}.cadre, new.specialist) END'
                )
        return found

    def _joins(self, model: type[models.Model], values: Mapping[str, str]) -> str:
        tables = {Department: "unit_in", Cadre: "stand_in"}
        return " ".join(
            f'LEFT JOIN {tables[target]} "{column}_in"'
            f' ON "{column}_in".seat = new.seat AND "{column}_in".old = old."{column}"'
            for column, target in _keys(model, values)
        )

    def _name_of(self, key: str, label: str) -> str:
        return f"CASE WHEN {key} IS NULL THEN {label} ELSE coalesce(named.name, new.specialist_name) END"


def _keys(model: type[models.Model], values: Mapping[str, str]) -> list[tuple[str, Any]]:
    """The columns that lead to a cadre or a department and are not told otherwise; deputies acted in none."""
    found: list[tuple[str, Any]] = []
    for column, field in sql.columns_of(model):
        if field.related_model in (Cadre, Department) and column not in values and not column.endswith("_deputy_id"):
            found.append((column, field.related_model))
    return found


def day_of(instant: str) -> str:
    return f"to_char({instant} AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')"


def number_rows(table: str, series: str) -> None:
    """Fill `number` in the order of keys, after the numbers that the series gave already; the counters go along."""
    sql.run(
        f"""
        CREATE TEMP TABLE numbering ON COMMIT DROP AS
        SELECT id, one.series,
            row_number() OVER (PARTITION BY one.series ORDER BY id) + coalesce(counter.value, 0) AS value
        FROM (SELECT id, {series} AS series FROM {table}) one
        LEFT JOIN workflow_counter counter ON counter.series = one.series
        """
    )
    sql.run(
        f"""
        UPDATE {table} SET number = series || lpad(value::text, greatest(4, length(value::text)), '0')
        FROM numbering WHERE numbering.id = {table}.id
        """
    )
    sql.run(
        """
        INSERT INTO workflow_counter (series, value) SELECT series, max(value) FROM numbering GROUP BY series
        ON CONFLICT (series) DO UPDATE SET value = EXCLUDED.value
        """
    )
    sql.run("DROP TABLE numbering")
