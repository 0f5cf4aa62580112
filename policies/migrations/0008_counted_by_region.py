"""An item's rows are counted in a region by an index alone; the one in its place knew no regions."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("policies", "0007_fewer_indexes")]

    operations = [
        AddIndexConcurrently(
            model_name="fulfilment",
            index=models.Index(
                fields=["item", "status", "region_path"],
                name="fulfilment_of_item",
                opclasses=("", "", "varchar_pattern_ops"),
            ),
        ),
        RemoveIndexConcurrently(model_name="fulfilment", name="fulfilment_item"),
    ]
