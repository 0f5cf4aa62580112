"""Fills the narrow copy in batches, and only then takes away the wide row's own indexes."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

BATCH = 5000


def fill(apps, schema_editor):
    """What the trigger has not copied yet; what it copies meanwhile is newer and stays."""
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while last is not None:
            cursor.execute(
                "WITH part AS (SELECT id, escalates_at, level FROM appeals_appeal WHERE id > %s ORDER BY id LIMIT %s),"
                " copied AS (INSERT INTO appeals_watch (appeal_id, escalates_at, level)"
                " SELECT id, escalates_at, level FROM part ON CONFLICT DO NOTHING)"
                " SELECT max(id) FROM part",
                [last, BATCH],
            )
            last = cursor.fetchone()[0]


KEYS = (
    ("appeal", "enterprise", "appeals_appeal_enterprise_id_92a38beb", models.ForeignKey(
        "enterprises.enterprise", models.PROTECT, related_name="+", verbose_name="企业", db_index=False
    )),
    ("appeal", "lead", "appeals_appeal_lead_id_8761a3e1", models.ForeignKey(
        "cadres.department", models.PROTECT, null=True, related_name="+", verbose_name="主办单位", db_index=False
    )),
    ("escalation", "appeal", "appeals_escalation_appeal_id_a1de32db", models.ForeignKey(
        "appeals.appeal", models.PROTECT, related_name="escalations", db_index=False
    )),
    ("event", "appeal", "appeals_event_appeal_id_58441b01", models.ForeignKey(
        "appeals.appeal", models.PROTECT, related_name="events", db_index=False
    )),
)


def without_index(model, name, index, field):
    return migrations.SeparateDatabaseAndState(
        [migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"', migrations.RunSQL.noop)],
        [migrations.AlterField(model_name=model, name=name, field=field)],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("appeals", "0019_watch"),
        ("cadres", "0008_deputies"),
        ("enterprises", "0011_deputies"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_escalates"),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_level"),
        # Room on each page for the next version of its rows, which then needs no new entries in the indexes (HOT).
        migrations.RunSQL(
            "ALTER TABLE appeals_appeal SET (fillfactor = 50)", "ALTER TABLE appeals_appeal RESET (fillfactor)"
        ),
        # Keys by which other indexes find them too; the state alone changes, for Django would make the constraint anew.
        *(without_index(*field) for field in KEYS),
    ]
