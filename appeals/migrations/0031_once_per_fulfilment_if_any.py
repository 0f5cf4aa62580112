from django.db import migrations, models

FINAL = ["closed", "declined", "withdrawn"]


class Migration(migrations.Migration):
    """One unique index takes another's place. Code that serves meanwhile knows it by the beginning of its name."""

    atomic = False

    dependencies = [("appeals", "0030_counted_by_status")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "appeal_open_once_per_fulfilment_if_any"'
                    ' ON "appeals_appeal" ("fulfilment_id")'
                    " WHERE (\"fulfilment_id\" IS NOT NULL AND NOT (\"status\" IN ('closed', 'declined', 'withdrawn')))",
                    'DROP INDEX CONCURRENTLY IF EXISTS "appeal_open_once_per_fulfilment_if_any"',
                )
            ],
            [
                migrations.AddConstraint(
                    model_name="appeal",
                    constraint=models.UniqueConstraint(
                        fields=("fulfilment",),
                        condition=models.Q(("fulfilment__isnull", False), models.Q(("status__in", FINAL), _negated=True)),
                        name="appeal_open_once_per_fulfilment_if_any",
                    ),
                )
            ],
        ),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "appeal_open_once_per_fulfilment"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "appeal_open_once_per_fulfilment" ON "appeals_appeal"'
                    " (\"fulfilment_id\") WHERE NOT (\"status\" IN ('closed', 'declined', 'withdrawn'))",
                )
            ],
            [migrations.RemoveConstraint(model_name="appeal", name="appeal_open_once_per_fulfilment")],
        ),
    ]
