from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0037_begun_again")]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=GinIndex(
                condition=models.Q(
                    ("status__in", ["assigned", "closing", "confirming", "draft", "handling", "pending", "reviewing"])
                ),
                fastupdate=False,
                fields=["co_keys"],
                name="appeal_co_open",
            ),
        ),
    ]
