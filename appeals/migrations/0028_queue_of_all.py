"""The queue's order of everything that is raised or may be late, and what has ended is watched no longer."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

ENDED = ["closed", "declined", "withdrawn"]
UNENDED = ["assigned", "closing", "confirming", "draft", "handling", "pending", "reviewing"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("appeals", "0027_watch_while_it_runs_filled")]

    operations = [
        AddIndexConcurrently(
            model_name="watch",
            index=models.Index(
                models.OrderBy(models.F("level"), descending=True),
                models.OrderBy(models.F("due_at"), nulls_last=True),
                models.OrderBy(models.F("appeal"), descending=True),
                condition=models.Q(("level__gt", 0), ("due_at__isnull", False), _connector="OR"),
                include=("escalates_at",),
                name="watch_queue",
            ),
        ),
        RemoveIndexConcurrently(model_name="watch", name="watch_highest_first"),
        AddConstraintNotValid(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("escalates_at", None), ("status__in", ENDED)),
                    models.Q(("escalates_at__isnull", False), ("status__in", UNENDED)),
                    _connector="OR",
                ),
                name="appeal_is_watched_until_it_ends",
            ),
        ),
    ]
