"""Fills the keys of co-departments in batches, and then indexes them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

BATCH = 5000


def fill(apps, schema_editor):
    """Those that no trigger has set yet. Which keys are written is for the trigger on the row to say."""
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while last is not None:
            cursor.execute(
                "WITH part AS (SELECT DISTINCT appeal_id FROM appeals_appeal_co_departments"
                " WHERE appeal_id > %s ORDER BY appeal_id LIMIT %s),"
                " filled AS (UPDATE appeals_appeal a SET co_keys = ARRAY[0] FROM part"
                " WHERE a.id = part.appeal_id AND a.co_keys = '{}')"
                " SELECT max(appeal_id) FROM part",
                [last, BATCH],
            )
            last = cursor.fetchone()[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0033_co_keys")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        AddIndexConcurrently(
            model_name="appeal", index=GinIndex(fields=["co_keys"], fastupdate=False, name="appeal_co_keys")
        ),
    ]
