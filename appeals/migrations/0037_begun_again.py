from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Of first rounds nobody asks when they began."""

    atomic = False

    dependencies = [("appeals", "0036_searched_at_scale")]

    operations = [
        AddIndexConcurrently(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("round__gt", 1)), fields=["round_started_at"], name="appeal_begun_again"
            ),
        ),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_round_begun"),
    ]
