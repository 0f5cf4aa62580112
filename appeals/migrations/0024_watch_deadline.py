import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0023_figures_at_scale"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="appeal",
            name="watch_begins",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="appeal",
            name="watch_follows",
        ),
        migrations.AddField(
            model_name="watch",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="watch_begins",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO appeals_watch AS w (appeal_id, escalates_at, level, due_at)\n            SELECT id, escalates_at, level, due_at FROM written\n            ON CONFLICT (appeal_id) DO UPDATE\n            SET escalates_at = EXCLUDED.escalates_at, level = EXCLUDED.level, due_at = EXCLUDED.due_at\n            WHERE (w.escalates_at, w.level, w.due_at)\n                IS DISTINCT FROM (EXCLUDED.escalates_at, EXCLUDED.level, EXCLUDED.due_at);\n            RETURN NULL;\n        ",
                    hash="5ec2b5e03234ca18a550214a79bbde2acd2f5df7",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_watch_begins_0b4fd",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="appeals_appeal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appeal",
            trigger=pgtrigger.compiler.Trigger(
                name="watch_follows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO appeals_watch AS w (appeal_id, escalates_at, level, due_at)\n            SELECT id, escalates_at, level, due_at FROM written\n            ON CONFLICT (appeal_id) DO UPDATE\n            SET escalates_at = EXCLUDED.escalates_at, level = EXCLUDED.level, due_at = EXCLUDED.due_at\n            WHERE (w.escalates_at, w.level, w.due_at)\n                IS DISTINCT FROM (EXCLUDED.escalates_at, EXCLUDED.level, EXCLUDED.due_at);\n            RETURN NULL;\n        ",
                    hash="5371e69db1c3214ef4f3f97be87d4e74639716bc",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_watch_follows_87a58",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="appeals_appeal",
                    when="AFTER",
                ),
            ),
        ),
    ]
