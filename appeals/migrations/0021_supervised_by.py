from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("appeals", "0020_watch_filled"),
    ]

    operations = [
        RemoveIndexConcurrently(model_name="event", name="event_supervised_by"),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("step__in", ("reassign", "urge", "order", "instruction"))),
                fields=["cadre", "appeal"],
                name="event_supervised_by",
            ),
        ),
    ]
