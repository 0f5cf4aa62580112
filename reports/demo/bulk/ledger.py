"""The policy ledger by the hundred thousand: copies of the small city's rows, with their histories and payments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from enterprises.models import Access
from policies.models import Event, Fulfilment, Item, Payment
from policies.workflow import OPEN
from reports.demo.bulk import sql

if TYPE_CHECKING:
    from datetime import datetime

AFTER_END: Final = timedelta(days=90)
FIRST_VOUCHER: Final = 1_000_000
SPECIALIST: Final = (
    "CASE WHEN {key} IS NULL THEN NULL"
    " WHEN EXISTS (SELECT 1 FROM stand_in known WHERE known.seat = 0 AND known.old = {key}) THEN {key}"
    " ELSE new.specialist END"
)


class Ledger:
    def __init__(self, seed: int, now: datetime) -> None:
        self.salt, self.now = seed % 1_000_000 * 100 + 70, now

    def build(self, count: int) -> None:
        self._choose(count)
        self._copy()
        self._pay()
        self._open_access()

    def _choose(self, count: int) -> None:
        """Each enterprise has some of the items, and of each the fate of one of the small city's rows."""
        items = Item.objects.count()
        draw = [sql.draw("place * 64 + kind", self.salt + salt) for salt in range(2)]
        share = count / (items * sql.rows("SELECT count(*) FROM grown")[0][0])
        sequence = f"pg_get_serial_sequence('{Fulfilment._meta.db_table}', 'id')"
        sql.run(
            f"""
            CREATE TEMP TABLE bulk_row ON COMMIT DROP AS
            SELECT nextval({sequence}) AS id, {FIRST_VOUCHER} + row_number() OVER () AS voucher, chosen.*
            FROM (
                SELECT old.row, old.item, grown.place, grown.id AS enterprise, grown.region_id, grown.region_path,
                    grown.specialist, grown.contact
                FROM (SELECT id AS item, row_number() OVER (ORDER BY id) AS kind FROM policies_item) kinds
                CROSS JOIN grown
                JOIN (SELECT item_id AS item, id AS row, row_number() OVER (PARTITION BY item_id ORDER BY id) - 1 AS n,
                             count(*) OVER (PARTITION BY item_id) AS rows FROM policies_fulfilment) old
                    ON old.item = kinds.item AND old.n = floor({draw[1]} * old.rows)
                WHERE {draw[0]} < {share}
                ORDER BY grown.place, kinds.kind
            ) chosen
            """
        )
        sql.analyse("bulk_row")

    def _copy(self) -> None:
        """Nothing is paid yet: the payments add themselves."""
        values = {
            "id": "new.id",
            "enterprise_id": "new.enterprise",
            "region_id": "new.region_id",
            "region_path": "new.region_path",
            "waived_by": "CASE WHEN old.waived_by = '' THEN '' ELSE new.contact || ' 经理' END",
            "created_by_id": SPECIALIST.format(key="old.created_by_id"),
            "amount_paid": "0",
            "amount_recovered": "0",
            "paid_on": "NULL",
        }
        source = "FROM policies_fulfilment old JOIN bulk_row new ON new.row = old.id ORDER BY new.id"
        sql.clone(Fulfilment, values, source)
        sql.analyse(Fulfilment)
        values = {
            "fulfilment_id": "new.id",
            "cadre_id": SPECIALIST.format(key="old.cadre_id"),
            "actor_label": "CASE WHEN old.cadre_id IS NULL OR known.old > 0 THEN old.actor_label ELSE cadre.name END",
            "changes": "replace(old.changes::text, row.waived_by, new.contact || ' 经理')::jsonb",
            "note": "regexp_replace(old.note, '^凭证 (LC[0-9]+)-[0-9]+', '凭证 \\1-' || new.voucher)",
        }
        source = """
            FROM policies_event old JOIN bulk_row new ON new.row = old.fulfilment_id
            JOIN policies_fulfilment row ON row.id = new.row
            JOIN cadres_cadre cadre ON cadre.id = new.specialist
            LEFT JOIN stand_in known ON known.seat = 0 AND known.old = old.cadre_id
            ORDER BY new.id, old.id
        """
        sql.clone(Event, values, source, skip=("txid",))
        sql.analyse(Event)

    def _pay(self) -> None:
        """A recovered amount is told afterwards, for it must have been paid before."""
        values = {"fulfilment_id": "new.id", "voucher": "regexp_replace(old.voucher, '-[0-9]+$', '-' || new.voucher)"}
        source = """
            FROM policies_payment old JOIN bulk_row new ON new.row = old.fulfilment_id
            WHERE old.voided_at IS NULL ORDER BY new.id, old.id
        """
        sql.clone(Payment, values, source)
        sql.run(
            """
            UPDATE policies_fulfilment new SET amount_recovered = old.amount_recovered
            FROM bulk_row one JOIN policies_fulfilment old ON old.id = one.row
            WHERE new.id = one.id AND old.amount_recovered > 0
            """
        )

    def _open_access(self) -> None:
        open_ones = ", ".join(f"'{status.value}'" for status in sorted(OPEN))
        until = timezone.localdate(self.now) + AFTER_END
        values = {
            "enterprise_id": "new.enterprise",
            "department_id": "item.department_id",
            "reason": "'item:' || item.id",
            "until": f"CASE WHEN old.status IN ({open_ones}) THEN NULL ELSE '{until}'::date END",
        }
        source = """
            FROM bulk_row new JOIN policies_fulfilment old ON old.id = new.row
            JOIN policies_item item ON item.id = new.item
            ORDER BY new.id
        """
        sql.insert(Access, values, source)
