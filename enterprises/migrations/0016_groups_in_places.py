from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The new index serves what the one that it replaces did."""

    atomic = False

    dependencies = [("enterprises", "0015_fewer_indexes")]

    operations = [
        AddIndexConcurrently(
            model_name="enterprise",
            index=models.Index(
                fields=["industry_group", "region_path"],
                name="enterprise_group_in_place",
                opclasses=("", "varchar_pattern_ops"),
            ),
        ),
        RemoveIndexConcurrently(model_name="enterprise", name="enterprise_group"),
    ]
