from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, BtreeGinExtension, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Q


class Migration(migrations.Migration):
    """Each new index serves what the one that it replaces did."""

    atomic = False

    dependencies = [("appeals", "0035_by_date"), ("cadres", "0011_fewer_indexes")]

    operations = [
        BtreeGinExtension(),
        AddIndexConcurrently(
            model_name="appeal",
            index=GinIndex(Func("title", function="zq_bigrams"), F("status"), name="appeal_words"),
        ),
        RemoveIndexConcurrently(model_name="appeal", name="appeal_title_bigrams"),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["cadre", "appeal"],
                name="event_supervised",
                condition=Q(step__in=("reassign", "urge", "order", "instruction")),
                include=("on_behalf_of",),
            ),
        ),
        RemoveIndexConcurrently(model_name="event", name="event_supervised_by"),
        AddIndexConcurrently(
            model_name="watch",
            index=models.Index(
                F("level").desc(),
                F("due_at").asc(nulls_last=True),
                F("appeal").desc(),
                name="watch_ended",
                condition=Q(escalates_at__isnull=True) & (Q(level__gt=0) | Q(due_at__isnull=False)),
            ),
        ),
    ]
