from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0029_watched_until_it_ends")]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                fields=["status", "region_path", "id"],
                name="appeal_by_status",
                opclasses=("", "varchar_pattern_ops", ""),
                include=("number", "registered_by", "enterprise"),
                condition=models.Q(
                    ("status__in", ["assigned", "closing", "confirming", "draft", "handling", "pending", "reviewing"])
                ),
            ),
        ),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_open_by_status"),
    ]
