from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("appeals", "0028_queue_of_all")]

    reviewed = {"ban-drop-constraint": "the constraint that takes its place says the same and more"}

    operations = [
        ValidateConstraint(model_name="appeal", name="appeal_is_watched_until_it_ends"),
        migrations.RemoveConstraint(model_name="appeal", name="appeal_open_is_watched_by_the_ladder"),
    ]
