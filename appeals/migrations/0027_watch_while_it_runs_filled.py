"""Takes back, in batches, the copies of deadlines that do not run, and looks again at nothing that has ended."""

from django.db import migrations

BATCH = 5000


def fill(apps, schema_editor):
    """What the trigger writes meanwhile is the same."""
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while last is not None:
            cursor.execute(
                "WITH part AS (SELECT id, status FROM appeals_appeal WHERE id > %s ORDER BY id LIMIT %s FOR SHARE),"
                " taken AS (UPDATE appeals_watch w SET due_at = NULL FROM part"
                " WHERE w.appeal_id = part.id AND w.due_at IS NOT NULL"
                " AND part.status NOT IN ('assigned', 'handling', 'pending', 'reviewing'))"
                " SELECT max(id) FROM part",
                [last, BATCH],
            )
            last = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE appeals_appeal SET escalates_at = NULL"
            " WHERE status IN ('closed', 'declined', 'withdrawn') AND escalates_at IS NOT NULL"
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0026_watch_while_it_runs")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
