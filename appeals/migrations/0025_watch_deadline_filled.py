"""Fills the copy of the deadlines in batches, and then indexes it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BATCH = 5000


def fill(apps, schema_editor):
    """What the trigger has not copied yet; what it copies meanwhile is the same."""
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while last is not None:
            cursor.execute(
                "WITH part AS (SELECT id, due_at FROM appeals_appeal WHERE id > %s ORDER BY id LIMIT %s FOR SHARE),"
                " copied AS (UPDATE appeals_watch w SET due_at = part.due_at FROM part"
                " WHERE w.appeal_id = part.id AND w.due_at IS DISTINCT FROM part.due_at)"
                " SELECT max(id) FROM part",
                [last, BATCH],
            )
            last = cursor.fetchone()[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0024_watch_deadline")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        AddIndexConcurrently(
            model_name="watch",
            index=models.Index(
                models.OrderBy(models.F("level"), descending=True),
                models.OrderBy(models.F("due_at"), nulls_last=True),
                models.OrderBy(models.F("appeal"), descending=True),
                condition=models.Q(("escalates_at__isnull", False)),
                name="watch_highest_first",
            ),
        ),
    ]
