import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("enterprises", "0016_groups_in_places")]

    operations = [
        AddIndexConcurrently(
            model_name="operatingstatus",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["reported_at"], name="status_reported"
            ),
        ),
    ]
